/** The release, as `millrace --version`, /_millrace/health and the start banner tell it. */
export const VERSION = '0.1.0'
