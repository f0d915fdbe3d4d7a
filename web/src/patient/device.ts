/** WeChat's own browser, which opens no PDF on many phones. */
export function inWeChat(): boolean {
  return navigator.userAgent.includes("MicroMessenger");
}
