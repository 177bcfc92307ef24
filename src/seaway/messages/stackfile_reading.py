"""Words about reading a stack file: the file, its text, its YAML (codes SW100 to SW124)."""

from seaway.messages.words import Words

READING: dict[str, Words] = {
    "SW100": Words(
        en="findings in the stack file: {count}",
        zh="栈文件有 {count} 处问题",
    ),
    "SW101": Words(
        en="there is no file {file}",
        zh="找不到文件 {file}",
        fix_en="go to the folder of your seaway.yaml, name it with -f, or begin with: seaway new",
        fix_zh="请在 seaway.yaml 所在目录运行，用 -f 指定文件，或先运行：seaway new",
    ),
    "SW102": Words(
        en="{file} is a folder",
        zh="{file} 是目录，不是文件",
        fix_en="name the file in it: -f {file}/seaway.yaml",
        fix_zh="请指定其中的文件：-f {file}/seaway.yaml",
    ),
    "SW103": Words(
        en="{file} cannot be read: {reason}",
        zh="无法读取 {file}：{reason}",
        fix_en="check the path and its permissions: ls -l {file}",
        fix_zh="请检查路径和权限：ls -l {file}",
    ),
    "SW104": Words(
        en="the file is larger than {limit}",
        zh="文件超过 {limit}",
        fix_en="a stack file is kept by hand; move large values into files of their own",
        fix_zh="栈文件应由人手工维护；请把大段内容移到单独的文件中",
    ),
    "SW105": Words(
        en="the file is empty",
        zh="文件是空的",
        fix_en="begin with: seaway new",
        fix_zh="可以从这里开始：seaway new",
    ),
    "SW106": Words(
        en="the file is not UTF-8 here ({encoding})",
        zh="此处不是 UTF-8 编码（{encoding}）",
        fix_en="save the file as UTF-8",
        fix_zh="请把文件另存为 UTF-8 编码",
    ),
    "SW107": Words(
        en="here is a character that cannot be seen ({character})",
        zh="此处有不可见字符（{character}）",
        fix_en="delete it; in a quoted text it can be written as an escape",
        fix_zh="请删除它；在双引号文本中可写成转义形式",
    ),
    "SW108": Words(
        en="here is a tab; YAML is indented with spaces",
        zh="此处有制表符；YAML 只能用空格缩进",
        fix_en="replace the tab by two spaces",
        fix_zh="请把制表符换成两个空格",
    ),
    "SW109": Words(
        en="this is no valid YAML from here on, at `{character}`",
        zh="从此处的 `{character}` 起不是有效的 YAML",
        fix_en="put the text into quotes, and compare the indentation with the lines above",
        fix_zh="请给文本加引号，并与上面几行核对缩进",
    ),
    "SW110": Words(
        en="what is opened here by `{character}` is never closed",
        zh="此处的 `{character}` 没有对应的结束符号",
        fix_en="add what closes it",
        fix_zh="请补上结束符号",
    ),
    "SW111": Words(
        en="here is a second `:` in one line, or a line that is indented too far",
        zh="同一行出现了第二个 `:`，或者该行缩进过深",
        fix_en="put a value with `: ` in it into quotes, or align the line with those above",
        fix_zh="含有 `: ` 的值请加引号，或与上面的行对齐",
    ),
    "SW112": Words(
        en="a value cannot begin with `{character}`",
        zh="值不能以 `{character}` 开头",
        fix_en="put the value into quotes",
        fix_zh="请给这个值加上引号",
    ),
    "SW113": Words(
        en="the indentation does not fit here, or a `:` is missing",
        zh="此处缩进不对，或缺少 `:`",
        fix_en="align the line with its neighbours, and end each key with `:`",
        fix_zh="请与相邻的行对齐，并在每个键后写 `:`",
    ),
    "SW114": Words(
        en="a second document begins here; a stack file has one",
        zh="此处开始了第二个文档；栈文件只能有一个文档",
        fix_en="delete the line `---`, or put the rest into a file of its own",
        fix_zh="请删除 `---` 行，或把其余内容移到另一个文件",
    ),
    "SW115": Words(
        en="`{key}` is written twice; the first is in line {first}",
        zh="`{key}` 写了两次；第一次在第 {first} 行",
        fix_en="keep one of them",
        fix_zh="请只保留一处",
    ),
    "SW116": Words(
        en="the key `{key}` is not text",
        zh="键 `{key}` 不是文本",
        fix_en='put it into quotes: "{key}"',
        fix_zh='请加引号："{key}"',
    ),
    "SW117": Words(
        en="the merge key `<<` is not part of YAML 1.2",
        zh="合并键 `<<` 不属于 YAML 1.2",
        fix_en="write the settings out, or put what services share under `defaults:`",
        fix_zh="请把设置写全，或把服务共有的设置放到 `defaults:` 下",
    ),
    "SW118": Words(
        en="the tag `{tag}` is not allowed here",
        zh="此处不允许使用标签 `{tag}`",
        fix_en="delete the tag; put the value into quotes if it must be text",
        fix_zh="请删除标签；若必须是文本，请加引号",
    ),
    "SW119": Words(
        en="there is no anchor `&{name}` above this line",
        zh="上文没有锚点 `&{name}`",
        fix_en="write the value out, or set the anchor where it is first written; quote a real `*`",
        fix_zh="请把值写全，或在首次出现处定义锚点；若是普通星号请加引号",
    ),
    "SW120": Words(
        en="`*{name}` stands inside of its own anchor",
        zh="`*{name}` 引用了包含它自己的锚点",
        fix_en="write the value out",
        fix_zh="请把值写全",
    ),
    "SW121": Words(
        en="this is nested more than {limit} deep",
        zh="嵌套超过 {limit} 层",
        fix_en="no setting lies so deep; look for brackets that are never closed",
        fix_zh="没有任何设置会这么深；请检查是否有未闭合的括号",
    ),
    "SW122": Words(
        en="the file means more than {limit} values, aliases and environments counted",
        zh="文件展开后（含别名与环境）超过 {limit} 个值",
        fix_en="use fewer aliases and lists",
        fix_zh="请减少别名和列表",
    ),
    "SW123": Words(
        en="`{number}` is no number that a setting can have",
        zh="`{number}` 不是可用的数字",
        fix_en="write a finite number below 9223372036854775808, or put the text into quotes",
        fix_zh="请写小于 9223372036854775808 的有限数字，或给文本加引号",
    ),
    "SW124": Words(
        en="this key is longer than {limit} characters",
        zh="键的长度超过 {limit} 个字符",
        fix_en="look for a quote that is never closed",
        fix_zh="请检查是否有未闭合的引号",
    ),
}
