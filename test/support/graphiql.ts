import type { Page } from 'playwright-core'

type Editor = 'Operation' | 'Variables' | 'Headers'

/** GraphiQL as a person uses it: by mouse and keyboard. */
export function createGraphiQL(page: Page) {
  const editors = {
    Operation: page.locator('.graphiql-query-editor .monaco-editor').first(),
    Variables: page.locator('.graphiql-editor-tool .monaco-editor').nth(0),
    Headers: page.locator('.graphiql-editor-tool .monaco-editor').nth(1),
  }

  async function clear(editor: Editor): Promise<void> {
    if (editor !== 'Operation') await page.getByRole('button', { name: editor, exact: true }).click()
    await editors[editor].click()
    await page.keyboard.press('Control+A')
    await page.keyboard.press('Delete')
  }

  return {
    async open(baseUrl: string): Promise<void> {
      const introspected = page.waitForResponse((response) => response.url().endsWith('/graphql'))
      await page.goto(`${baseUrl}/playground`)
      await introspected
      await editors.Operation.locator('.view-line').first().waitFor()
    },

    /** Types key by key, while the editor closes brackets and offers completions. */
    async type(editor: Editor, text: string): Promise<void> {
      await clear(editor)
      await page.keyboard.type(text)
    },

    async paste(editor: Editor, text: string): Promise<void> {
      await clear(editor)
      await page.keyboard.insertText(text)
    },

    /** Presses play, for an operation whose results come one after the other. */
    play: (): Promise<void> => page.locator('.graphiql-execute-button:not([aria-haspopup])').click(),

    /** Whether the shown response contains the text. */
    shows: async (text: string): Promise<boolean> =>
      (await page.locator('.graphiql-response').filter({ hasText: text }).count()) > 0,

    /** Presses play, chooses the operation if there are several, and returns the response. */
    async run(operation?: string): Promise<{ data?: unknown; errors?: unknown }> {
      const answered = page.waitForResponse((response) => response.url().endsWith('/graphql'))
      // The button is updated shortly after the typing.
      const play = page.locator(`.graphiql-execute-button${operation ? '[aria-haspopup]' : ':not([aria-haspopup])'}`)
      await play.click()
      if (operation) await page.getByRole('menuitem', { name: operation }).click()
      return (await (await answered).json()) as { data?: unknown; errors?: unknown }
    },

    /** Waits until the shown response contains the text. */
    async sees(text: string): Promise<void> {
      await page.locator('.graphiql-response').filter({ hasText: text }).waitFor()
    },
  }
}
