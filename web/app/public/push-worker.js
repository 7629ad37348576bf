// Shows push notifications of the account, also while no page is open, and opens what they are about.

self.addEventListener('push', (event) => {
  const { notificationId, title = '', body = '', link, lang } = event.data?.json() ?? {}
  const data = link ?? '/account#notifications'
  event.waitUntil(self.registration.showNotification(title, { body, lang, tag: notificationId, data }))
})

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(self.clients.openWindow(event.notification.data))
})
