"""`seaway new` writes a project that runs, and never over anything."""

from inline_snapshot import snapshot


def test_a_new_project_has_its_files(seaway, here):
    assert str(seaway("new", "shop")) == snapshot("""\
wrote shop/.gitignore
wrote shop/api/main.py
wrote shop/seaway.yaml
wrote shop/seaway.schema.json
made shop; next: cd shop && seaway up
[0]\
""")
    assert sorted(str(file.relative_to(here)) for file in here.rglob("*") if file.is_file()) == [
        "shop/.gitignore",
        "shop/api/main.py",
        "shop/seaway.schema.json",
        "shop/seaway.yaml",
    ]


def test_nothing_is_overwritten(seaway, here):
    (here / "shop").mkdir()
    (here / "shop" / "precious.txt").write_text("mine")

    said = seaway("new", "shop")

    assert str(said) == snapshot("""\
error[SW617]
  shop exists already; nothing was written
  fix: choose another name, or remove it first
[2]\
""")
    assert [file.name for file in (here / "shop").iterdir()] == ["precious.txt"]


def test_an_empty_folder_may_be_filled(seaway, here):
    (here / "shop").mkdir()

    assert seaway("new", "shop").status == 0


def test_a_name_that_cannot_be_a_host_name_is_refused(seaway):
    assert str(seaway("new", "My_Shop")) == snapshot("""\
error[SW618]
  a stack cannot be called 'My_Shop'
  fix: use small letters, digits and hyphens, a letter first, at most 40: my-shop
[2]\
""")


def test_a_dry_run_writes_nothing(seaway, here):
    said = seaway("new", "shop", "--template", "web", "--dry-run")

    assert said.status == 0
    assert "shop/pages/index.html" in said.err
    assert list(here.iterdir()) == []


def test_a_template_that_is_not_built_says_so(seaway):
    assert seaway("new", "shop", "--template", "ai").status == 2


def test_every_template_is_a_good_stack(seaway):
    for template in ("api", "web"):
        seaway("new", template, "--template", template)

        checked = seaway("check", "-f", template)

        assert checked.status == 0, str(checked)
