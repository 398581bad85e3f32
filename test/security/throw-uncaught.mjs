// Preloaded into the gateway (`node --import`): on SIGUSR2 throws an uncaught error, as a bug would.

process.on('SIGUSR2', () => {
  throw new Error('planted at https://person:planted-password@login.example.com/?code=planted-code')
})
