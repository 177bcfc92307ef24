"""Words about the ingress (codes SW4xx)."""

from seaway.messages.words import Words

WORDS: dict[str, Words] = {
    "SW401": Words(
        en="'{found}' is not the name of a host",
        zh="'{found}' 不是有效的主机名",
        fix_en="write a name like app.example.com, without scheme, port or path",
        fix_zh="写成 app.example.com 这样的名称，不带协议、端口或路径",
    ),
    "SW402": Words(
        en="'{found}' is not a path of a route",
        zh="'{found}' 不是有效的路由路径",
        fix_en="begin with '/', and leave out '..', '//', '?', '#', '%', quotes and blanks",
        fix_zh="以 '/' 开头，不要含 '..'、'//'、'?'、'#'、'%'、引号或空格",
    ),
    "SW403": Words(
        en="paths under '{own}' are answered by the ingress itself, so '{found}' would never be "
        "reached",
        zh="'{own}' 下的路径由入口自己应答，'{found}' 永远不会被访问到",
        fix_en="choose another path",
        fix_zh="换一个路径",
    ),
    "SW404": Words(
        en="'{found}' is neither an address nor a network",
        zh="'{found}' 既不是地址也不是网段",
        fix_en="write it like 10.0.0.0/8 or 2001:db8::/32",
        fix_zh="写成 10.0.0.0/8 或 2001:db8::/32 的形式",
    ),
    "SW405": Words(
        en="'{found}' cannot be a header, or its value has characters that no header may have",
        zh="'{found}' 不能作为响应头，或者它的值含有响应头不允许的字符",
        fix_en="use letters, digits and '-' in the name, and one line of text as value",
        fix_zh="名称只用字母、数字和 '-'，值只写一行文字",
    ),
    "SW406": Words(
        en="the certificate '{found}' is not given by an absolute path",
        zh="证书 '{found}' 没有使用绝对路径",
        fix_en="write the whole path, beginning with '/'",
        fix_zh="写出以 '/' 开头的完整路径",
    ),
    "SW411": Words(
        en="'{host}' is to serve a certificate from a file, but none is named",
        zh="'{host}' 要使用文件中的证书，但没有指明文件",
        fix_en="add 'certificate: /path/to/file.pem' with chain and key, or use 'tls: auto'",
        fix_zh="加上 'certificate: /path/to/file.pem'（内含证书链和私钥），或改用 'tls: auto'",
    ),
    "SW412": Words(
        en="a certificate is given, but 'tls: {tls}' does not use it",
        zh="给出了证书，但 'tls: {tls}' 不会使用它",
        fix_en="write 'tls: files', or remove 'certificate'",
        fix_zh="改为 'tls: files'，或删去 'certificate'",
    ),
    "SW413": Words(
        en="'{path}' and '{other}' are the same path",
        zh="'{path}' 与 '{other}' 是同一个路径",
        fix_en="remove one of them",
        fix_zh="删去其中一个",
    ),
    "SW414": Words(
        en="nothing is called '{name}'",
        zh="没有名为 '{name}' 的组件",
        fix_en="did you mean '{nearest}'? Requests can go to: {known}",
        fix_zh="是否想写 '{nearest}'？可以接收请求的有：{known}",
    ),
    "SW415": Words(
        en="'{name}' does not answer HTTP requests",
        zh="'{name}' 不应答 HTTP 请求",
        fix_en="give it a 'port', or route to one of: {known}",
        fix_zh="给它加上 'port'，或改为转到：{known}",
    ),
    "SW419": Words(
        en="'{name}' does not answer calls of gRPC",
        zh="'{name}' 不应答 gRPC 调用",
        fix_en="give it a port called 'grpc': port: {{grpc: 50051}}, or route to one of: {known}",
        fix_zh="给它加上名为 'grpc' 的端口：port: {{grpc: 50051}}，或改为转到：{known}",
    ),
    "SW416": Words(
        en="a burst of {burst} says nothing without a rate",
        zh="没有速率，只写突发量 {burst} 没有意义",
        fix_en="add a rate like '10/s per ip', or remove 'burst'",
        fix_zh="加上 '10/s per ip' 这样的 rate，或删去 'burst'",
    ),
    "SW417": Words(
        en="'{found}' is no address of an authority's directory",
        zh="'{found}' 不是证书颁发机构目录的地址",
        fix_en="write https://…/directory, or 'stand-in' for one on this machine",
        fix_zh="写成 https://…/directory；本机测试用 'stand-in'",
    ),
    "SW418": Words(
        en="the stand-in for an authority is called '{name}', and so is a part of this stack",
        zh="证书颁发机构的替身名为 '{name}'，与该应用栈的一个部件重名",
        fix_en="give the part of the stack another name",
        fix_zh="请给该部件换一个名称",
    ),
    "SW450": Words(
        en="the proxy does not answer: {detail}",
        zh="代理没有应答：{detail}",
        fix_en="look at 'seaway logs ingress'",
        fix_zh="查看 'seaway logs ingress'",
    ),
    "SW451": Words(
        en="the proxy did not take up the new routes within {limit} seconds; the old ones serve",
        zh="代理在 {limit} 秒内没有启用新路由，旧路由仍在服务",
        fix_en="look at 'seaway logs ingress'",
        fix_zh="查看 'seaway logs ingress'",
    ),
    "SW452": Words(
        en="the proxy refuses the certificate {file}: {detail}",
        zh="代理拒绝了证书 {file}：{detail}",
        fix_en="check that the file holds the chain and the key that belongs to it",
        fix_zh="检查文件中是否有证书链和与之对应的私钥",
    ),
    "SW453": Words(
        en="the proxy cannot work by the new routes, the old ones serve: {detail}",
        zh="代理无法使用新路由，旧路由仍在服务：{detail}",
        fix_en="check the headers and paths of the ingress section",
        fix_zh="检查 ingress 一节中的响应头和路径",
    ),
    "SW454": Words(
        en="the proxy does not take in {instance}: {detail}",
        zh="代理没有接纳 {instance}：{detail}",
        fix_en="look at 'seaway logs ingress'",
        fix_zh="查看 'seaway logs ingress'",
    ),
    "SW455": Words(
        en="the certificate file {file} cannot be read: {detail}",
        zh="无法读取证书文件 {file}：{detail}",
        fix_en="check its path and its rights",
        fix_zh="检查路径和权限",
    ),
    "SW456": Words(
        en="no certificate for {host}: {detail}",
        zh="未能为 {host} 取得证书：{detail}",
        fix_en="the name must lead to this ingress on port 80; it is tried again by itself",
        fix_zh="该域名必须指向此入口的 80 端口；稍后会自动重试",
    ),
    "SW457": Words(
        en="no certificate for {host}: the program that asks for it broke off: {problem}",
        zh="未能为 {host} 取得证书：申请程序意外退出：{problem}",
        fix_en="pip install 'seaway[local]' brings the library `acme` that it needs",
        fix_zh="执行 pip install 'seaway[local]'，安装它需要的 acme 库",
    ),
    "SW458": Words(
        en="the proxy does not answer the authority: {detail}",
        zh="代理没有应答证书颁发机构：{detail}",
        fix_en="seaway logs ingress",
        fix_zh="seaway logs ingress",
    ),
    "SW460": Words(
        en="the server '{part}' is not installed",
        zh="未安装服务器 '{part}'",
        fix_en="install it: pip install {package}",
        fix_zh="安装它：pip install {package}",
    ),
    "SW461": Words(
        en="'{part}' {found} is too old",
        zh="'{part}' {found} 版本过旧",
        fix_en="install a newer one: pip install {package}",
        fix_zh="安装新版本：pip install {package}",
    ),
    "SW462": Words(
        en="{program} cannot be run: {problem}",
        zh="无法运行 {program}：{problem}",
        fix_en="check that it is made for this machine and that all may execute it",
        fix_zh="检查它是否适用于本机，且允许所有人执行",
    ),
    # What the ingress itself answers, by status.
    "SW463": Words(
        en="{part} is not installed: it plays the authority of the certificates",
        zh="没有安装 {part}：它扮演证书颁发机构",
        fix_en="install the package {package}, or name another directory under tls.acme",
        fix_zh="请安装软件包 {package}，或在 tls.acme 下写另一个 directory",
    ),
    "SW470": Words(
        en="The request cannot be understood.",
        zh="无法理解该请求。",
    ),
    "SW471": Words(
        en="This is not allowed.",
        zh="不允许此操作。",
    ),
    "SW472": Words(
        en="There is nothing here.",
        zh="此处没有内容。",
    ),
    "SW473": Words(
        en="The request took too long to arrive.",
        zh="请求传输超时。",
    ),
    "SW474": Words(
        en="Say how long the body is (Content-Length).",
        zh="请用 Content-Length 说明请求体长度。",
    ),
    "SW475": Words(
        en="The request body is too large.",
        zh="请求体过大。",
    ),
    "SW476": Words(
        en="The address is too long.",
        zh="请求地址过长。",
    ),
    "SW477": Words(
        en="No site of this name is served here.",
        zh="此处没有该域名的站点。",
    ),
    "SW478": Words(
        en="Too many requests; try again a little later.",
        zh="请求过于频繁，请稍后再试。",
    ),
    "SW479": Words(
        en="Something went wrong on our side.",
        zh="服务器内部出错。",
    ),
    "SW480": Words(
        en="The service ended without an answer.",
        zh="服务未作应答就已中断。",
    ),
    "SW481": Words(
        en="The service is not available; try again a little later.",
        zh="服务暂时不可用，请稍后再试。",
    ),
    "SW482": Words(
        en="The service took too long to answer.",
        zh="服务应答超时。",
    ),
}
