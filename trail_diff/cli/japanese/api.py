"""Messages of the Python functions and the assistants' tools, in Japanese."""

from collections.abc import Mapping

API: Mapping[str, str] = {
    "{} leads out of what may be read": "{} は読み取りが許可された範囲の外を指しています",
    "start the server with --root for it": "その場所を --root に指定してサーバーを起動してください",
    "the MCP SDK is not installed": "MCP SDK がインストールされていません",
    "pip install 'trail-diff[mcp]'": "インストール: pip install 'trail-diff[mcp]'",
    "{} cannot be of type {}": "{} の型 {} は使用できません",
    "give {}": "{} を指定してください",
    'give its rows: {}=frame.to_dict("records")': '行を指定してください: {}=frame.to_dict("records")',
    "no events were given": "イベントが指定されていません",
    "give paths or records; to ask AWS itself: analyse(load_case(Inputs(aws=AwsOptions(…)), Question(…)))": (
        "パスかレコードを指定してください。AWS に問い合わせるには:"
        " analyse(load_case(Inputs(aws=AwsOptions(…)), Question(…)))"
    ),
    "{}: this string is JSON, not a path": "{}: この文字列は JSON であり、パスではありません",
    "give it parsed: {}=json.loads(text)": "解析してから指定してください: {}=json.loads(text)",
    "give only what JSON can hold, and times": "JSON で表せる値と時刻だけを指定してください",
    "{} has no time zone": "{} にタイムゾーンがありません",
    "give an aware time: datetime(…, tzinfo=UTC)": "タイムゾーン付きの時刻を指定してください: datetime(…, tzinfo=UTC)",
    "documents cannot be of type {}": "documents の型 {} は使用できません",
    "give dicts; for files: trail-diff redact IN -o OUT": (
        "dict を指定してください。ファイルの場合: trail-diff redact IN -o OUT"
    ),
    "events and jobs do not go with case": "case は events や jobs と同時に指定できません",
    "start={} is after end={}": "start={} が end={} より後です",
    "give the earlier time as start": "早い時刻を start に指定してください",
    "documents have to be dicts": "documents は dict である必要があります",
    "parse them: json.loads(text)": "解析してください: json.loads(text)",
    "it takes {}": "指定できるもの: {}",
}
