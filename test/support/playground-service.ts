export async function startPlaygroundService() {
  return { baseUrl: 'http://127.0.0.1:18765', close: async () => undefined }
}
