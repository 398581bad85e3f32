// Loaded before the gateway (`node --import`): SIGUSR2 throws where nobody catches, as a mistake in the code would.

process.on('SIGUSR2', () => {
  throw new Error('planted at https://person:planted-password@login.example.com/?code=planted-code')
})
