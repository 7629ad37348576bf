// The purposes that every deployment has. An operator's file can replace their texts, and add others.
import type { PurposeInput } from './purpose-file.js'

const text = (title: string, sentences: string) => ({ en: { title, text: sentences } })

export const PREDEFINED: readonly PurposeInput[] = [
  {
    name: 'user.profile',
    version: 1,
    scopes: ['address', 'email', 'name', 'phone'],
    data: ['name', 'email address', 'phone number', 'postal address'],
    texts: text(
      'Use your profile',
      'We use the parts of your profile that you select, so that other parts of this product can show and use them for you.',
    ),
  },
  {
    name: 'user.activity',
    version: 1,
    data: ['times and kinds of actions in the product'],
    texts: text(
      'Remember your activity',
      'We record what you do in this product and when, so that we can show you your recent activity and suggest what to do next.',
    ),
  },
  {
    name: 'integrations.read',
    version: 1,
    data: ['what you have stored in the services that you connect'],
    texts: text(
      'Read from connected services',
      'We read data from the services that you connect, for the features that you use them with. We change nothing there.',
    ),
  },
  {
    name: 'integrations.write',
    version: 1,
    data: ['what is written to the services that you connect'],
    texts: text(
      'Write to connected services',
      'We create, change and delete data in the services that you connect, where a feature that you use requires it.',
    ),
  },
  {
    name: 'workflows.execute',
    version: 1,
    data: ['inputs and results of your workflows'],
    texts: text(
      'Run workflows for you',
      'We run your workflows on your behalf, also while you are not here, with the data that they need.',
    ),
  },
  {
    name: 'workflows.share',
    version: 1,
    data: ['your workflows', 'your name'],
    texts: text(
      'Share workflows',
      'We show the workflows that you share, and your name as their author, to those with whom you share them.',
    ),
  },
  {
    name: 'notifications.email',
    version: 1,
    data: ['email address'],
    texts: text(
      'Send notifications by email',
      'We send you emails about what happens in your account and in what you take part in.',
    ),
  },
  {
    name: 'notifications.marketing',
    version: 1,
    scopes: ['email', 'push', 'sms'],
    data: ['email address', 'phone number', 'devices that receive notifications'],
    needsRenewal: true,
    texts: text(
      'Send news and offers',
      'We send you news and offers about this product by the ways that you select. You can stop them at any time.',
    ),
  },
  {
    name: 'analytics.usage',
    version: 1,
    data: ['pages and features that you use', 'kind of device'],
    needsRenewal: true,
    texts: text('Measure how the product is used', 'We measure how you use this product in order to improve it.'),
  },
]
