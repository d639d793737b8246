use super::add;

fn added(source: &str, lines: &[&str]) -> String {
    let is_local = |root: &str| root == "config";
    let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    let once = add(source, &lines, &is_local).unwrap();
    assert_eq!(
        add(&once, &lines, &is_local).unwrap(),
        once,
        "not idempotent"
    );
    once
}

const URLS: &str = "\
\"\"\"Where addresses lead.\"\"\"

import os

from django.conf import settings
from django.contrib import admin
from django.urls import path

from config import views

urlpatterns = []
";

#[test]
fn names_join_an_import_of_the_same_module() {
    assert_eq!(
        added(URLS, &["from django.urls import include, path"]),
        URLS.replace("import path", "import include, path")
    );
    assert_eq!(added(URLS, &["from django.urls import path"]), URLS);
    assert_eq!(
        added(
            "from a import (\n    b,  # why\n    d,\n)\n",
            &["from a import c, e as f"]
        ),
        "from a import (\n    b,  # why\n    c,\n    d,\n    e as f,\n)\n"
    );
    assert_eq!(
        added("from a import (b, d)\n", &["from a import c"]),
        "from a import (b, c, d)\n"
    );
    assert_eq!(
        added("from a import z, b\n", &["from a import c"]),
        "from a import z, b, c\n"
    );
    assert_eq!(
        added("from a import *\n", &["from a import c"]),
        "from a import *\nfrom a import c\n"
    );
}

#[test]
fn constants_and_classes_first() {
    assert_eq!(
        added("from a import View, get\n", &["from a import MAX, Form"]),
        "from a import MAX, Form, View, get\n"
    );
}

#[test]
fn a_long_import_is_broken() {
    let source = "from a.very.long.module.name import first_function_name, second_function_name\n";
    assert_eq!(
        added(source, &["from a.very.long.module.name import third_name"]),
        "from a.very.long.module.name import (\n    first_function_name,\n    second_function_name,\n    third_name,\n)\n"
    );
}

#[test]
fn new_modules_go_to_their_section() {
    assert_eq!(
        added(URLS, &["import re"]),
        URLS.replace("import os\n", "import os\nimport re\n")
    );
    assert_eq!(
        added(URLS, &["from pathlib import Path"]),
        URLS.replace("import os\n", "import os\nfrom pathlib import Path\n")
    );
    assert_eq!(
        added(URLS, &["from django.http import HttpResponse"]),
        URLS.replace(
            "from django.urls",
            "from django.http import HttpResponse\nfrom django.urls"
        )
    );
    assert_eq!(
        added(URLS, &["from environ import Env"]),
        URLS.replace(
            "urls import path\n",
            "urls import path\nfrom environ import Env\n"
        )
    );
    assert_eq!(
        added(URLS, &["from config.forms import Form"]),
        URLS.replace(
            "config import views\n",
            "config import views\nfrom config.forms import Form\n"
        )
    );
    assert_eq!(
        added(URLS, &["from . import x"]),
        URLS.replace("import views\n", "import views\n\nfrom . import x\n")
    );
    assert_eq!(
        added(URLS, &["from __future__ import annotations"]),
        URLS.replace(
            "import os\n",
            "from __future__ import annotations\n\nimport os\n"
        )
    );
}

#[test]
fn plain_imports() {
    assert_eq!(
        added("import a\n", &["import a, c as d, b.c"]),
        "import a\nimport b.c\nimport c as d\n"
    );
    assert_eq!(
        added("import a as x\n", &["import a"]),
        "import a\nimport a as x\n"
    );
}

#[test]
fn files_without_imports() {
    assert_eq!(added("", &["import a"]), "import a\n");
    assert_eq!(added("x = 1\n", &["import a"]), "import a\n\nx = 1\n");
    assert_eq!(
        added("def f():\n    pass\n", &["import a"]),
        "import a\n\n\ndef f():\n    pass\n"
    );
    assert_eq!(
        added("\"\"\"Doc.\"\"\"\n", &["import a"]),
        "\"\"\"Doc.\"\"\"\n\nimport a\n"
    );
    assert_eq!(
        added("\"\"\"Doc.\"\"\"\n\nx = 1\n", &["import a"]),
        "\"\"\"Doc.\"\"\"\n\nimport a\n\nx = 1\n"
    );
    assert_eq!(
        added("#!/usr/bin/env python\n\nx = 1\n", &["import a"]),
        "#!/usr/bin/env python\n\nimport a\n\nx = 1\n"
    );
    assert_eq!(
        added("# about x\nx = 1\n", &["import a"]),
        "import a\n\n# about x\nx = 1\n"
    );
}

#[test]
fn imports_inside_of_functions_do_not_count() {
    let source = "import a\n\n\ndef f():\n    from b import c\n";
    assert_eq!(
        added(source, &["from b import c"]),
        "import a\nfrom b import c\n\n\ndef f():\n    from b import c\n"
    );
}

#[test]
fn comments_above_an_import_stay_with_it() {
    let source = "# needed first\nimport b\n";
    assert_eq!(
        added(source, &["import a"]),
        "import a\n# needed first\nimport b\n"
    );
}

#[test]
fn what_is_no_import_is_refused() {
    assert!(add("", &["x = 1".to_owned()], &|_| false).is_err());
    assert!(add("x = (", &["import a".to_owned()], &|_| false).is_err());
}
