use super::*;

fn strings(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

fn added(source: &str, list: &str, items: &[&str], anchor: Option<(Side, &str)>) -> String {
    let once = add(source, list, &strings(items), anchor).unwrap();
    let twice = add(&once, list, &strings(items), anchor).unwrap();
    assert_eq!(twice, once, "not idempotent");
    once
}

const SETTINGS: &str = "\
from pathlib import Path

INSTALLED_APPS = [
    'django.contrib.admin',
    # Ours, last.
    'shop.users',  # the user model
]

MIDDLEWARE = ['a', 'b']
";

#[test]
fn items_go_to_the_end_in_the_lists_own_way() {
    assert_eq!(
        added(
            SETTINGS,
            "INSTALLED_APPS",
            &["\"allauth\"", "'shop.users'", "'allauth.account'"],
            None
        ),
        SETTINGS.replace(
            "# the user model\n",
            "# the user model\n    \"allauth\",\n    'allauth.account',\n"
        )
    );
    assert_eq!(
        added(SETTINGS, "MIDDLEWARE", &["'c'"], None),
        SETTINGS.replace("['a', 'b']", "['a', 'b', 'c']")
    );
}

#[test]
fn an_item_in_other_quotes_is_the_same() {
    assert_eq!(
        added(SETTINGS, "INSTALLED_APPS", &["\"shop.users\""], None),
        SETTINGS
    );
    let urls = "urlpatterns = [\n    path('', include(\"a.urls\")),\n]\n";
    assert_eq!(
        added(
            urls,
            "urlpatterns",
            &["path(\n    \"\",\n    include('a.urls'),\n)"],
            None
        ),
        urls
    );
}

#[test]
fn anchors() {
    let apps = |anchor| added(SETTINGS, "INSTALLED_APPS", &["'x'"], Some(anchor));
    assert_eq!(
        apps((Side::After, "\"django.contrib.admin\"")),
        SETTINGS.replace("    # Ours", "    'x',\n    # Ours")
    );
    assert_eq!(
        apps((Side::Before, "'shop.users'")),
        SETTINGS.replace("    # Ours", "    'x',\n    # Ours")
    );
    assert_eq!(
        added(
            SETTINGS,
            "MIDDLEWARE",
            &["'x'"],
            Some((Side::Before, "'b'"))
        ),
        SETTINGS.replace("'a', 'b'", "'a', 'x', 'b'")
    );
    assert_eq!(
        apps((Side::After, "'shop.users'")),
        SETTINGS.replace("# the user model\n", "# the user model\n    'x',\n")
    );
    let error = add(
        SETTINGS,
        "MIDDLEWARE",
        &strings(&["'x'"]),
        Some((Side::After, "'c'")),
    )
    .unwrap_err();
    assert!(error.to_string().contains("no item `'c'`"), "{error}");
}

#[test]
fn annotated_and_extended_lists() {
    assert_eq!(
        added("A: list[str] = []\n", "A", &["1"], None),
        "A: list[str] = [1]\n"
    );
    assert_eq!(
        added("A = [1]\nA += [2]\n", "A", &["3", "2"], None),
        "A = [1, 3]\nA += [2]\n"
    );
    assert_eq!(added("A += [2]\n", "A", &["3"], None), "A += [2, 3]\n");
    assert_eq!(
        added("u = [\n    a,\n] + static(x)\n", "u", &["b"], None),
        "u = [\n    a,\n    b,\n] + static(x)\n"
    );
    assert_eq!(added("T = ()\n", "T", &["1"], None), "T = (1,)\n");
    assert_eq!(added("T = (1,)\n", "T", &["2"], None), "T = (1, 2,)\n");
    assert_eq!(added("S = {1}\n", "S", &["2"], None), "S = {1, 2}\n");
}

#[test]
fn a_list_at_the_top_level_is_meant_first() {
    let source = "class A:\n    X = [1]\n\nX = [2]\n";
    assert_eq!(
        added(source, "X", &["3"], None),
        "class A:\n    X = [1]\n\nX = [2, 3]\n"
    );
    assert_eq!(
        added("class A:\n    X = [\n        1\n    ]\n", "X", &["3"], None),
        "class A:\n    X = [\n        1,\n        3\n    ]\n"
    );
}

#[test]
fn subscripts_lead_into_literals() {
    let source = "\
TEMPLATES = [
    {
        \"BACKEND\": \"django\",
        \"OPTIONS\": {
            \"context_processors\": [
                \"request\",
            ],
        },
    },
]
";
    assert_eq!(
        added(
            source,
            "TEMPLATES[0]['OPTIONS'][\"context_processors\"]",
            &["\"mine\""],
            None
        ),
        source.replace(
            "\"request\",\n",
            "\"request\",\n                \"mine\",\n"
        )
    );
    let error = add(source, "TEMPLATES[0]['X']", &strings(&["1"]), None).unwrap_err();
    assert!(error.to_string().contains("subscripts"), "{error}");
}

#[test]
fn a_long_line_is_broken() {
    let source = "MIDDLEWARE = ['django.middleware.security', 'django.middleware.sessions', 'django.auth']\n";
    assert_eq!(
        added(source, "MIDDLEWARE", &["'allauth.account'"], None),
        "MIDDLEWARE = [\n    'django.middleware.security',\n    'django.middleware.sessions',\n    'django.auth',\n    \
         'allauth.account',\n]\n"
    );
    assert_eq!(
        added("u = []\n", "u", &["path(\n    \"a\",\n)"], None),
        "u = [\n    path(\n        \"a\",\n    ),\n]\n"
    );
}

#[test]
fn empty_lists_keep_their_comments() {
    assert_eq!(
        added("X = [\n    # none yet\n]\n", "X", &["1", "2"], None),
        "X = [\n    # none yet\n    1,\n    2,\n]\n"
    );
    assert_eq!(added("X = [\n]\n", "X", &["1"], None), "X = [\n    1,\n]\n");
}

#[test]
fn several_items_in_a_line_stay_so() {
    let source = "X = [\n    1, 2,\n    3, 4\n]\n";
    assert_eq!(
        added(source, "X", &["5"], None),
        "X = [\n    1, 2,\n    3, 4,\n    5\n]\n"
    );
    assert_eq!(
        added(source, "X", &["5"], Some((Side::After, "1"))),
        "X = [\n    1, 5, 2,\n    3, 4\n]\n"
    );
}

#[test]
fn what_is_missing_is_named() {
    let error = |source: &str, list: &str| add(source, list, &strings(&["1"]), None).unwrap_err();
    assert!(
        error("a = 1\n", "X")
            .to_string()
            .contains("no list `X = [ … ]`")
    );
    assert!(error("\nX = A + B\n", "X").to_string().contains("line 2"));
    assert!(error("X[0] = [1]\n", "X").to_string().contains("no list"));
    assert!(
        error("X = [\n", "X")
            .to_string()
            .contains("not Python (line 1")
    );
    assert!(matches!(error("X = []", "X.y"), Problem::Content(_)));
}

#[test]
fn what_would_not_be_one_item_is_refused() {
    for (source, item) in [
        ("X = [1]\n", "2 # two"),
        ("X = [1, 3]\n", "2, 4"),
        ("X = []\n", "2 \\"),
        ("X = [\n    1,\n]\n", "2\n3 = (4"),
        ("X = [1]\n", "2 if (x"),
    ] {
        let refused = add(source, "X", &strings(&[item]), None);
        assert!(
            matches!(refused, Err(Problem::Content(_))),
            "{item}: {refused:?}"
        );
    }
}
