/** WeChat's own browser, which opens no PDF on many phones, and knows whose it is. */
export function inWeChat(): boolean {
  return navigator.userAgent.includes("MicroMessenger");
}
