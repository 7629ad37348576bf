-- HELD becomes RELEASED and PROTECTED becomes RETIRED. This step only adds the new states: the version before, which
-- may still be running, writes the old ones, and this version reads both (docs/adr/0015-username-states.md).

-- New members at the end of an ENUM change no row. ALGORITHM=INSTANT fails rather than copy the table.
ALTER TABLE `usernames`
  MODIFY `state` ENUM('OWNED', 'HELD', 'PROTECTED', 'RELEASED', 'RETIRED') NOT NULL,
  ALGORITHM=INSTANT;
