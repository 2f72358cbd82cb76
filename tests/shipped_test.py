from tfmix import shipped


def test_a_folder_inside_the_package_comes_before_one_beside_it(tmp_path, monkeypatch):
    package = tmp_path / "tfmix"
    package.mkdir()
    monkeypatch.setattr(shipped, "_PACKAGE", package)
    assert shipped.folder("saved_models") == tmp_path / "saved_models"
    (package / "saved_models").mkdir()
    assert shipped.folder("saved_models") == package / "saved_models"
