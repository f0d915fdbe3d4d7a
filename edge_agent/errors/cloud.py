"""Why the cloud was not reached, or said no."""

from __future__ import annotations

from edge_agent.errors.base import AgentError


class CloudError(AgentError):
    pass


class CloudUnreachable(CloudError):
    message = "The cloud did not answer {route}: {reason}"
    hint = "Objects stay in the spool; sending goes on by itself."
    zh = "云端未应答 {route}：{reason}。"
    zh_hint = "数据保留在缓存中，恢复后自动续传。"
    retry = True


class NameUnknown(CloudUnreachable):
    message = "No DNS server knows the name {host}."
    hint = "Check this machine's DNS servers, and the spelling in {key}. Objects stay in the spool until then."
    zh = "DNS 无法解析 {host}。"
    zh_hint = "请检查本机的 DNS 服务器和 {key} 的拼写。数据保留在缓存中。"


class ConnectionRefused(CloudUnreachable):
    message = "{host} refuses connections on port {port}."
    hint = "Let the hospital's firewall allow TCP to it; if it does, ask the operator of the cloud. Check {key}."
    zh = "{host} 拒绝端口 {port} 的连接。"
    zh_hint = "请在医院防火墙放行到它的 TCP 连接；若已放行，请联系云端运维人员。请检查 {key}。"


class NoRoute(CloudUnreachable):
    message = "There is no way to {host}: {reason}."
    hint = "Check this machine's cable, address and default gateway."
    zh = "无法到达 {host}：{reason}。"
    zh_hint = "请检查本机的网线、地址和默认网关。"


class AnswerLate(CloudUnreachable):
    message = "{host} did not answer on port {port} within {timeout_s:g} s."
    hint = "A firewall drops the packets, or the line is very slow: allow TCP to it, or raise cloud.timeout_s."
    zh = "{host} 的端口 {port} 在 {timeout_s:g} 秒内没有应答。"
    zh_hint = "防火墙可能丢弃了数据包，或线路过慢：请放行到它的 TCP 连接，或调大 cloud.timeout_s。"


class ConnectionCut(CloudUnreachable):
    message = "The connection to {host} was cut: {reason}."
    hint = "Sending goes on by itself; if this stays, something on the way (firewall, proxy) cuts connections."
    zh = "与 {host} 的连接中断：{reason}。"
    zh_hint = "恢复后自动续传；若持续出现，则途中有设备（防火墙、代理）切断连接。"


class CertificateUntrusted(CloudUnreachable):
    message = "The certificate of {host} is not trusted: {reason}."
    hint = (
        "If the hospital's proxy opens TLS, let it leave {host} alone, or set cloud.ca_file to its certificate (PEM). "
        "If the certificate seems expired or not yet valid, check this machine's date."
    )
    zh = "{host} 的证书不受信任：{reason}。"
    zh_hint = (
        "若医院代理解密 TLS，请将 {host} 排除，或将 cloud.ca_file 设为其证书（PEM）。若提示证书过期或尚未生效，请检查本机日期。"
    )


class TlsFailed(CloudUnreachable):
    message = "No TLS with {host} on port {port}: {reason}."
    hint = "Check address and port in {key}: what answers there speaks another protocol, or only an old TLS."
    zh = "无法与 {host} 的端口 {port} 建立 TLS：{reason}。"
    zh_hint = "请检查 {key} 的地址和端口：对方使用其他协议，或 TLS 版本过旧。"


class ProxyFailed(CloudUnreachable):
    message = "The proxy {proxy} did not let the request to {host} through: {reason}."
    hint = "Check cloud.proxy, and let the proxy admit this machine to {host} without a password (the agent sends none)."
    zh = "代理 {proxy} 未放行到 {host} 的请求：{reason}。"
    zh_hint = "请检查 cloud.proxy，并让代理对本机免密放行 {host}（前置机不发送代理密码）。"


class NotTheCloud(CloudUnreachable):
    message = "{host} answered {route} with {status} and no words of the cloud's."
    hint = "A proxy's or portal's page, or a wrong path in cloud.url: what the operator gave ends in /api."
    zh = "{host} 对 {route} 的应答（{status}）并非来自云端。"
    zh_hint = "可能是代理或认证页面，或 cloud.url 的路径有误：运维人员给出的地址以 /api 结尾。"


def clock_off(skew_s: float) -> dict[str, object]:
    """What ClockSkewed and ClockDrifts need of a clock. skew_s: this machine's minus the cloud's."""
    side, side_zh = ("ahead", "快") if skew_s > 0 else ("behind", "慢")
    return {"skew_s": round(skew_s), "off_s": abs(round(skew_s)), "side": side, "side_zh": side_zh}


class ClockSkewed(CloudError):
    message = "This machine's clock is {off_s} s {side}; the cloud refuses its requests."
    hint = "Set the clock or turn on time synchronisation (NTP): timedatectl set-ntp true"
    zh = "本机时钟{side_zh} {off_s} 秒，云端拒绝其请求。"
    zh_hint = "请校正时钟或启用时间同步（NTP）：timedatectl set-ntp true"
    retry = True


class TokenExpired(CloudError):
    message = "The access token has expired."
    hint = "A new one is asked for by itself; if this stays, check this machine's clock: timedatectl set-ntp true"
    zh = "访问令牌已过期。"
    zh_hint = "会自动换取新令牌；若持续出现，请检查本机时钟：timedatectl set-ntp true"
    retry = True


class AgentRevoked(CloudError):
    message = "The cloud no longer accepts this agent: {reason}"
    hint = "Ask the operator for a new code; stop the agent, enrol, start it. What was received is kept and sent then."
    zh = "云端不再接受本前置机：{reason}。"
    zh_hint = "请向运维人员索取新登记码；停止前置机，重新登记，再启动。已接收的数据保留，之后自动上传。"
    retry = True


class KeyUnknown(AgentRevoked):
    message = "The cloud does not know this agent's key pair ({key})."
    hint = "Is cloud.url the cloud it was enrolled at? If so, get a new code, stop the agent, enrol, start it; nothing is lost."
    zh = "云端不认识本前置机的密钥（{key}）。"
    zh_hint = "请核对 cloud.url 是否为登记时的云端；若是，请索取新登记码，停止前置机，重新登记，再启动；数据不会丢失。"


class KeyRevoked(AgentRevoked):
    message = "The cloud no longer accepts this agent: its key pair ({key}) was revoked."
    zh = "云端不再接受本前置机：其密钥（{key}）已被吊销。"


class CloudRefused(CloudError):
    message = "The cloud refused {route}: {status} {reason}"
    hint = "Waiting does not help; the item is parked for a person to look at."
    zh = "云端拒绝 {route}：{status} {reason}。"
    zh_hint = "等待无用；已搁置，待人工处理。"
