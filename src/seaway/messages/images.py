"""Words about images (codes SW265 to SW269 and SW282)."""

from seaway.messages.words import Words

WORDS: dict[str, Words] = {
    "SW265": Words(
        en="cannot get the image {image}: {problem}",
        zh="无法获取镜像 {image}：{problem}",
        fix_en="try 'docker pull {image}'; where the registry cannot be reached, name one that has"
        " the same images: SEAWAY_REGISTRY_MIRROR=registry.example.com",
        fix_zh="请先试 docker pull {image}；若无法访问该镜像仓库，请指定内容相同的仓库："
        "SEAWAY_REGISTRY_MIRROR=registry.example.com",
    ),
    "SW266": Words(
        en="the image {image} has no Python 3.11 or later on the GNU C library to build on",
        zh="镜像 {image} 中没有基于 GNU C 库的 Python 3.11 或更高版本，无法在其上构建",
        fix_en="write 'image: python:3.11-slim', or another that is not Alpine",
        fix_zh="请写 image: python:3.11-slim，或其他非 Alpine 的镜像",
    ),
    "SW267": Words(
        en="{command} failed: {last}",
        zh="{command} 执行失败：{last}",
        fix_en="look at the output above; if the index cannot be reached, name a mirror:"
        " PIP_INDEX_URL=https://pypi.example.com/simple",
        fix_zh="请查看上方输出；若无法访问软件包索引，请指定镜像源："
        "PIP_INDEX_URL=https://pypi.example.com/simple",
    ),
    "SW268": Words(
        en="{package} would have to be compiled for the image {image}, which has no compiler",
        zh="{package} 需要为镜像 {image} 编译，而该镜像没有编译器",
        fix_en="choose a version of it that has a wheel for this platform, or give an 'image:'"
        " without 'source:' that has it installed",
        fix_zh="请选用为该平台提供 wheel 的版本，或指定已安装它的 image:（不写 source:）",
    ),
    "SW269": Words(
        en="the image was not built, at '{step}': {problem}",
        zh="镜像构建失败，位于“{step}”：{problem}",
        fix_en="look at the output above; if the disk of the engine is full: docker system df",
        fix_zh="请查看上方输出；若引擎所在磁盘已满，请执行 docker system df",
    ),
    "SW282": Words(
        en="Seaway is not whole: {file} is missing",
        zh="Seaway 安装不完整：缺少 {file}",
        fix_en="install Seaway anew",
        fix_zh="请重新安装 Seaway",
    ),
}
