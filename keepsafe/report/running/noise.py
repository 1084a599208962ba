"""What changes in a notebook from run to run though nothing else does: times, versions, random ids."""


def without_noise(notebook: dict) -> dict:
    """The notebook, executed or not, without what changes from run to run; it is changed in place.

    Parameters
    ----------
    notebook : as JSON, or as nbformat reads it.
    """
    notebook["metadata"].pop("papermill", None)
    notebook["metadata"].pop("widgets", None)
    notebook["metadata"].get("language_info", {}).pop("version", None)
    for cell in notebook["cells"]:
        cell["metadata"].pop("papermill", None)
        cell["metadata"].pop("execution", None)
        if not cell["metadata"].get("tags"):
            cell["metadata"].pop("tags", None)
        if "injected-parameters" in cell["metadata"].get("tags", []):
            cell["id"] = "injected-parameters"
    return notebook
