-- The databases of the services beside Postern, for compose.yaml. The image runs it when it makes the data.
CREATE DATABASE postern_consent CHARACTER SET utf8mb4;
CREATE DATABASE postern_notification CHARACTER SET utf8mb4;
GRANT ALL PRIVILEGES ON postern_consent.* TO 'postern'@'%';
GRANT ALL PRIVILEGES ON postern_notification.* TO 'postern'@'%';
