"""The Japanese of every reason code, in the words of AWS's Japanese documentation. A phrase has no full stop."""

from collections.abc import Mapping

from trail_diff.render.reasons_policy_ja import POLICY_REASONS

REASONS: Mapping[str, str] = {
    # why something was not read
    "not-cloudtrail": "ファイルに CloudTrail イベントが含まれていません",
    "digest-file": "CloudTrail ダイジェストファイルであり、イベントは含まれていません",
    "insight-event": "CloudTrail Insights イベントであり、API コールではありません",
    "aggregated-event": "データイベントを集計したイベントであり、API コールではありません",
    "s3-notification": "S3 イベント通知であり、CloudTrail イベントではありません",
    "control-message": "CloudWatch Logs の制御メッセージであり、イベントは含まれていません",
    "empty-file": "ファイルが空です",
    "binary-file": "ファイルがテキストでも既知のアーカイブでもありません",
    "truncated-archive": "アーカイブが途中で切れています。切れる前までの内容は読み取りました",
    "truncated-json": "JSON が途中で切れています。欠けていない部分は読み取りました",
    "invalid-json": "テキストが有効な JSON ではありません。--output json でエクスポートし直してください",
    "invalid-record": "レコードに必要なフィールドがないか、フィールドの型が正しくありません",
    "value-too-large": "値が上限より大きくなっています",
    "expansion-limit": "アーカイブを展開したサイズが上限を超えています",
    "work-limit": "ファイルのサイズに対して読み取りの処理量が上限を超えています。一部だけを指定してください",
    "nesting-limit": "アーカイブまたは値の入れ子が上限より深くなっています",
    "unreadable-file": "ファイルを読み取れませんでした",
    "linked-folder": "フォルダーへのリンク、またはリンク先がないリンクはたどりません。フォルダー自体を指定してください",
    "unreadable-row": "行を読み取れませんでした",
    "cell-not-read": "表のセルが途中で切れているか変更されているため、レコードの一部のフィールドがありません",
    "encrypted-archive": "アーカイブが暗号化されています",
    "unsupported-archive": "対応していない形式のアーカイブです (7z、rar、lz4)。展開してから指定してください",
    "office-file": "Office ファイルです。シートは CSV (UTF-8)、文書はテキスト形式で保存し直してください",
    "yaml-not-read": "YAML を読み取れませんでした。--output json で出力し直してください",
    "job-summaries": "ジョブの状態別の集計 (list-backup-job-summaries) で、個々のジョブの情報はありません",
    "query-signature": "クエリ結果の署名ファイルであり、イベントは含まれていません",
    "parquet-support-missing": (
        "Parquet の読み取りに必要な追加パッケージ parquet (pyarrow) がインストールされていません"
    ),
    "zstd-support-missing": (
        "zstd の読み取りに必要な追加パッケージ zstd (zstandard) がインストールされていません。"
        "展開してから指定してください"
    ),
    "text-not-read": (
        "レコードの一部と思われるテキストを読み取れませんでした。--output json でエクスポートし直してください"
    ),
    "time-ambiguous": (
        "時刻の日と月の順序、またはタイムゾーンを判別できません。ISO 8601 形式の時刻でエクスポートし直してください"
    ),
    "account-number-lost": "表計算ソフトによってアカウント番号が丸められているため、使用しませんでした",
    "archive-link": "アーカイブ内のリンクはたどりません",
    "duplicate": "このイベントはすでに読み取っています",
    "outside-requested-time": "指定された時間またはリージョンの範囲外のため、開いていません",
    # how text was changed so that it could be read
    "repaired-terminal-codes": "端末の色指定コードを取り除きました",
    "repaired-line-prefixes": "各行の先頭に付いていた文字を取り除きました",
    "repaired-mail": "メールのエンコード (quoted-printable、base64) を元に戻しました",
    "repaired-html": "HTML のエスケープとタグを元に戻しました",
    "repaired-spaces": "改行なしスペースなどの特殊な空白を置き換えました",
    "repaired-quotes": "引用符を通常のものに置き換えました",
    "repaired-wrapping": "折り返された行をつなげました",
    "repaired-comments": "JSON 内のコメントを取り除きました",
    "repaired-elisions": (
        "手作業で省略された部分があるため、フィールドが欠けており、レコードも欠けている可能性があります"
    ),
    "repaired-punctuation": "不足している、または余分なカンマや括弧を修正または無視しました",
    "repaired-format-list": "PowerShell の Format-List の出力を読み取りました",
    "repaired-python": (
        "出力された Python の値を JSON として読み取りました。端末のタイムゾーンの時刻は UTC とみなしています"
    ),
    "repaired-yaml": "YAML を JSON として読み取りました",
    "repaired-escapes": "文字列またはセル内の JSON のエスケープを元に戻しました",
    "repaired-dates": "列のすべての日付から日と月の順序を判別しました",
    "repaired-links": "チャットやチケットが名前から作ったリンクを元に戻しました",
    "repaired-encoding": (
        "UTF-8 ではないテキストを Windows-1252 として読み取りました。ASCII 以外の文字は正しくない可能性があります"
    ),
    # what the evidence does not cover
    "kms-events-excluded": "証跡が KMS イベントを除外しているようです",
    "read-only-events-missing": "kms:Decrypt などの読み取り専用イベントがありません",
    "window-not-covered": "各ジョブの時間全体のレコードが揃っていません",
    "region-not-covered": "ジョブが使用したリージョンのレコードがありません",
    "account-not-covered": "ジョブが使用したアカウントのレコードがありません",
    "delivery-delay-possible": (
        "最新のレコードの直前にジョブが終了しているため、その後のイベントがまだ配信されていない可能性があります"
    ),
    "no-baseline": "比較対象となる成功したジョブが見つかりませんでした",
    "caller-type-not-in-export": "エクスポートに呼び出し元のタイプが含まれていません",
    "fetch-truncated": "イベントの最初の数ページしか取得されていません",
    "jobs-not-listed": "ジョブの一覧が完全ではないため、含まれていないジョブがあり得ます",
    "completed-jobs-not-searched": "完了したジョブのすべてについて拒否された呼び出しを調べたわけではありません",
    "absence-from-cache": "呼び出しがないことは、以前の実行で保存したイベントに基づきます (--no-cache で再取得)",
    # what else a reader should know of the comparison
    "baseline-other-resource": "成功したジョブは別のリソースをバックアップしています",
    "baseline-other-vault": "成功したジョブは別のバックアップボールトを使用しています",
    "baseline-other-role": "成功したジョブは別のロールを使用しています",
    "baseline-other-key": "成功したジョブは別のキーを使用しています",
    "baseline-other-backup-type": "成功したジョブはバックアップタイプが異なります",
    "baseline-after-failed": "成功したジョブは、失敗したジョブの後に実行されています",
    "concurrent-job-on-vault": (
        "同じバックアップボールトを別のジョブが同時に使用しているため、一部の呼び出しはそのジョブのものである可能性があります"
    ),
    "key-not-in-events": "指定されたキーを使う呼び出しは記録されておらず、差異は別のキーに関するものです",
    "asked-key-not-concerned": (
        "指定されたキーは失敗に関係するキーではありません。"
        "一緒に指定されたポリシーは、そのキーだけのものとして扱われます"
    ),
    "policy-of-other-key": (
        "指定されたポリシーは、ジョブのキーとは別のキーのものと記録されているため、このキーには使用しません"
    ),
    "vault-recreated": (
        "バックアップボールトのキーが成功したジョブのときと異なるため、その間にボールトが作り直されています"
    ),
    "resource-encrypted-anew": "リソースのキーが成功したジョブのときと異なります",
    "replica-key": (
        "2 つのジョブは、"
        "1 つのマルチリージョンキーの別々のレプリカを使用しており、キーポリシーはレプリカごとに異なります"
    ),
    "calls-name-no-resource": (
        "暗号化コンテキストにジョブのリソースがないため、記録された呼び出しは別のジョブのもので、このジョブのものは欠けている可能性があります"
    ),
    "key-not-known": "ジョブに必要なキーが不明です",
    "job-time-not-known": "ジョブの作成時刻も完了時刻も不明のため、そのイベントを見つけられません",
    "job-still-running": "ジョブはまだ終了していません",
    "input-partly-read": "入力の一部を読み取れませんでした",
    # why an event belongs to a job
    "key-and-context": (
        "ジョブのキーを使用した呼び出しで、"
        "暗号化コンテキストにジョブのバックアップボールトまたはリソースが含まれています"
    ),
    "context-names-vault": "暗号化コンテキストにジョブのバックアップボールトが含まれています",
    "context-names-resource": "暗号化コンテキストにジョブのリソースが含まれています",
    "key-and-service-principal": "AWS のサービスがジョブのキーを使用しています",
    "key-and-job-role": "ジョブのロールがジョブのキーを使用しています",
    "job-role": "ジョブのロールによる呼び出しです",
    "role-of-other-job": (
        "別のジョブが同じ時間に同じロールを使用しているため、呼び出しまたはキーはそのジョブのものである可能性があります"
    ),
    "key-of-other-vault": (
        "同じ時間に AWS Backup が別のボールトの処理もしていたため、そのボールトのキーである可能性があります"
    ),
    "key-only": "ジョブのキーを使用した呼び出しですが、ほかにジョブとの関連を示すものはありません",
    "in-window": "ジョブの時間内の呼び出しです",
    "caller-of-asked-key": "指定されたキーの呼び出し元が、別のキーの使用を拒否されています",
    "expected-by-profile": "この種のジョブで AWS が行うことが知られている呼び出しですが、記録には現れていません",
    "expected-from-other-job": "同じリソースタイプの成功したジョブが、自身のキーに対してこの呼び出しを行っています",
    **POLICY_REASONS,
    # what proves a cause, or rules it out
    "record-states-layer": "何が拒否したかは、拒否された呼び出しのレコードに示されています",
    "message-states-layer": "ジョブ自身のメッセージに、何によって呼び出しが拒否されたかが示されています",
    "answer-passed-on": "この記録は KMS ではなく別のサービスのもので、KMS から返された応答を伝えています",
    "refused-without-layer": "KMS はポリシーを示さずに呼び出しを拒否しました",
    "record-states-key-state": "失敗した呼び出しのレコードに、キーの状態が示されています",
    "record-states-context": "失敗した呼び出しのレコードに、暗号文が適合しないことが示されています",
    "record-states-throttling": "失敗した呼び出しのレコードに、スロットリングされたことが示されています",
    "changed-during-job": "ジョブの実行中に変更があったため、ジョブに影響したのが変更の前後どちらの状態かは不明です",
    "change-not-settled": "5 分前以内に元に戻されましたが、KMS への反映が間に合わなかった可能性があります",
    "same-second": "同じ秒に元に戻す変更もあり、どちらが後だったかはレコードからわかりません",
    "caller-missing": "この呼び出しは成功したジョブにのみ記録されています",
    "caller-refused": "この呼び出しは失敗したジョブで拒否されています",
    "policy-is-todays": "指定されたポリシーがジョブの時点でも有効だったと仮定しています",
    "policy-lost-allow": (
        "成功したジョブの時点のポリシーは呼び出しを許可していましたが、失敗したジョブの時点のポリシーは許可していません"
    ),
    "policy-history-not-known": "ジョブの実行時にキーにどのポリシーが設定されていたかは不明です",
    "policy-text-unreadable": "このポリシーの内容はレコードから読み取れません",
    "policy-same-for-succeeded": "呼び出しが成功したときも、ポリシーの該当部分は同じか、より厳しいものでした",
    "policy-allows-caller": "ポリシーは呼び出し元を許可しています",
    "key-state-changed-before-job": ("ジョブの前のイベントでキーがこの状態になり、ジョブまでに元に戻されていません"),
    "key-state-today": "キーは現在この状態ですが、いつからかは不明です",
    "deletion-scheduled-before": "削除予定日から、削除はジョブの前に予約されたと分かります (待機期間は 7 日以上)",
    "deletion-scheduled-later": "削除予定日から、削除はジョブの後に予約されたと分かります (待機期間は 30 日以下)",
    "key-state-enabled": "その時点でキーは有効でした",
    "key-state-same-for-succeeded": "呼び出しが成功したときも、キーは同じ状態でした",
    "key-used-in-window": "ジョブの実行中に、キーはエラーなしで使用されています",
    "key-enabled-since": "ジョブの後にキーが再び有効化されています。いつから無効であったかの記録はありません",
    "key-used-since-change": "変更後にキーがエラーなしで使用されており、元に戻した記録はエクスポートにありません",
    "grant-ended-before-job": "ジョブの前に、キーのグラントが取り消しまたは使用停止になっています",
    "grantee-not-in-export": "誰に対するグラントであったかはエクスポートに含まれていません",
    "no-grant-change": "エクスポートには、キーのグラントの取り消しも使用停止もありません",
    "create-grant-refused": "kms:CreateGrant が拒否されており、何によって拒否されたかはレコードに示されていません",
    "key-is-aws-managed": "キーは AWS マネージドキーです",
    "copy-across-accounts": "コピー先が別のアカウントです",
    "same-account": "すべて 1 つのアカウントの中で行われています",
    "throttling-survived": "スロットリングされた呼び出しは、再試行されて成功しています",
    "no-throttling": "ジョブの呼び出しはスロットリングされていません",
    "message-names-kms": "ジョブのメッセージはキーについて述べています",
    "message-names-no-kms": "ジョブのメッセージは別のことについて述べています",
    "key-state-not-known": "キーの状態が不明です",
    "no-kms-difference": "2 つのジョブの KMS 呼び出しは同じです",
    "no-call-of-the-job": "ジョブは KMS を一度も呼び出していません",
    # why a call may be absent
    "statement-may-deny": "そのステートメントが呼び出しを拒否する可能性があります。決め手となる値は記録にありません",
    "statement-added": "成功したジョブのときのポリシーには、そのステートメントがありません",
    "statement-altered": "成功したジョブのときのポリシーでは、そのステートメントの内容が異なります",
    "statement-removed": "成功したジョブのときのポリシーにあった Allow ステートメントが、このポリシーにはありません",
    "key-policy-denies-too": "キーポリシーの Deny もこの呼び出しに一致するため、それだけでは引き続き拒否されます",
    "surroundings-changed": "この呼び出しが成功した後に、呼び出しの前提となる設定が変更されています",
    "policy-put-between": "ポリシーは 2 つのジョブの間に設定されましたが、それ以前のポリシーは不明です",
    "denies-what-succeeded": "同様に拒否されるはずの別の呼び出しが、同じポリシーが有効な間に成功しています",
    "lacks-what-succeeded": "同様に許可されていないはずの呼び出しが、同じポリシーが有効な間に成功しています",
    "worked-unchanged": "別の時点で同様の呼び出しが成功しており、その間にこれを変更した記録はありません",
    "succeeded-too-soon": "変更から 5 分以内に同様の呼び出しが成功しています (KMS に未反映だった可能性)",
    "succeeded-under-statement": "同じポリシーが有効な間に同じ呼び出しが成功しています",
    "alias-moved": "呼び出しが指定している可能性のあるエイリアスが、拒否されたキーに付け替えられています",
    "stops-at-change": "この変更を境に呼び出しが途絶え、他の呼び出しは続いています",
    "resumes-at-change": "次の変更を境に呼び出しが再開しています",
    "sibling-succeeded": "そのステートメントで同じ扱いになる別の呼び出し元が、同じポリシーの下で成功しています",
    "jobs-fail-since-change": "同じボールトの他のジョブは、この変更の前は成功し、変更後は失敗しています",
    "jobs-fail-without-it": "変更直前の最後のジョブ、または元に戻した直後の最初のジョブも同様に失敗しています",
    "sibling-key-lacks-statement": "ポリシーがこの点だけ異なる別のキーでは、同じ呼び出しが成功しています",
    "sibling-key-same-statement": "同じステートメントを持つ別のキーで、同じ呼び出しが成功しています",
    "granted-meanwhile": "この呼び出し元へのグラントが作成されてから呼び出しが成功しています",
    "grant-of-the-run": "成功した実行は専用のグラントを作成して使い終えていますが、今回はそれがありません",
    "grantee-was-deleted": "グラントは、削除されて作り直されたプリンシパルの一意の ID を指しています",
    "never-allowed": "このポリシーはこの呼び出し元を許可したことがありません。AWS 管理のキーのポリシーは編集できません",
    "rival-open": "ほかの説明の可能性も残っています",
    "rests-on-inference": "記録ではなく推定した値に基づいています",
    "refused-on-other-key": "指定されたキーとは別のキーで呼び出しが拒否されました",
    "message-states-cause": "メッセージが示す原因は KMS の外にあります",
    "allow-may-not-apply": "呼び出しを許可するステートメントが適用されなくなった可能性があります",
    "denial-not-logged-here": (
        "サービスプリンシパルに対する拒否を、KMS はそのサービス自身のアカウントにのみ記録します"
    ),
    "denial-would-be-logged": "この呼び出し元に対する拒否であれば、このアカウントに記録されます",
    "policy-denies-caller": "有効なポリシーが呼び出しを拒否しています",
    "calls-of-the-job-in-window": "ジョブのほかの呼び出しは対象時間内に記録されています",
    "other-calls-in-window": "同じ対象時間内に、ほかの呼び出し元による KMS 呼び出しが記録されています",
    "job-ended-in-window": "対象時間にジョブ全体が含まれています",
    "same-call-near-window": "同じ呼び出し元が、対象時間の直前または直後に同じ呼び出しを行っています",
    "same-call-on-other-key": "同じ呼び出し元が、対象時間内に別のキーで同じ呼び出しを行っています",
    "no-call-on-other-key": "呼び出し元は、対象時間内に別のキーで同じ呼び出しを行っていません",
    "called-just-before": "呼び出し元は、ジョブの前の 5 分以内にキーを使用しています",
    "not-called-just-before": "呼び出し元は、ジョブの前の 5 分間にキーを使用していません",
    # which risk a remedy carries
    "caller-is-not-a-service-principal": ("呼び出しを行っているのはロールであり、サービスプリンシパルではありません"),
    "service-sends-no-source": (
        "サービスがどの利用者のために動作する場合も許可されます。条件で確かめられる aws:SourceAccount は送信されません"
    ),
    "allows-service-for-anyone": (
        "aws:SourceAccount で制限しない限り、サービスがどの利用者のために動作する場合も許可されます"
    ),
    "exempts-every-service": "どの利用者のために動作する場合も、すべての AWS のサービスが除外されます",
    "needs-allow-as-well": "Deny を外すだけなので、呼び出し元に対する Allow またはグラントも必要です",
    "allow-not-known": "呼び出し元を許可する Allow またはグラントがあるかどうかは不明です",
    "success-proves-allow": "成功したジョブは許可され、以後のグラントの取り消しもありません",
    "service-name-inferred": ("記録にあるサービス名に基づいています。ポリシーで指定すべき名前と異なる場合があります"),
    "source-account-not-always-sent": "AWS のサービスは一部の呼び出しでのみ aws:SourceAccount を送信します",
    "allows-any-role-session": "このロールを引き受けることができる者すべてに適用されます",
    "principal-arn-form-undocumented": "AWS のサービスでの aws:PrincipalArn の値は文書化されていません",
    "caller-is-not-the-role": "呼び出しを行っているのはこのロールではありません",
    "caller-is-a-service-principal": ("呼び出しはプリンシパルの代理ではなく、AWS のサービス自身によるものです"),
    "absent-key-still-matches": "否定の演算子は、IfExists の有無にかかわらず、キーがない場合に一致します",
    "adds-allow": "ほかに呼び出し元を許可するものがないため、Allow も追加します (グラントでも代用できます)",
    "leaves-out-condition": (
        "呼び出し元自身のステートメントの条件を省きます (この呼び出しを拒むための条件かもしれません)"
    ),
    "allows-via-another-service": "ステートメントの対象者は誰でも、そのサービス経由でもアクセスできるようになります",
    "session-arn-never-tested": (
        "ロールセッションの aws:PrincipalArn はロールの ARN であり、セッションの ARN になることはありません"
    ),
    "deny-wins": "Allow が Deny より優先されることはありません",
    "stranger-gets-in": "拒否されていた者にもアクセスを許可してしまいます",
    "policy-of-aws-managed-key": "AWS マネージドキーのポリシーは変更できません",
    "deletes-nothing-else": "変更されるのはキーの状態のみです",
    "message-is-encoded": "拒否のメッセージはエンコードされており、デコードすると拒否したステートメントがわかります",
    "policy-of-the-organization": "拒否しているのは組織のポリシーであり、変更できるのは組織の管理者です",
    "grant-not-replayable": "グラントはポリシーだけでは再評価できません",
    "policy-unchanged": "ポリシーは変わりません",
    "policy-known-after-apply": "ポリシーは適用するまで決まりません",
    "policy-not-told": "ポリシーが文書に含まれていません",
    "policy-is-default": "ポリシーの指定がないため、AWS の既定のポリシーになります",
    "key-is-new": "新しいキーのため、呼び出しはまだありません",
    "key-is-deleted": "キーは削除されます",
    "key-is-replaced": "キーは削除され、別のキーに置き換えられます",
    "key-is-disabled": "キーは無効にされます",
    "key-loses-material": "キーはインポートされたキーマテリアルを失います",
    "key-tags-change": "キーのタグが変わり、ポリシーはそのタグを条件にしています",
    "key-may-be-disabled": "キーが無効になるかどうかは、適用後に初めて分かります",
    "key-material-expires": (
        "インポートされたキーマテリアルに有効期限があり、期限後は再度インポートするまで呼び出しが失敗します"
    ),
    "part-not-read": "キーを含む可能性がありますが、読み込まれていません",
    "grant-is-removed": "グラントが削除されます",
    "alias-is-removed": "エイリアスは削除され、それを指定する呼び出しはキーを見つけられません",
    "alias-is-retargeted": "エイリアスは別のキーを指すようになります",
    "other-policy-not-tried": "キー以外のポリシーが変わりますが、評価した呼び出しに該当するものはありません",
    "other-policy-changes": "キー以外のポリシーが変わります",
    "allow-may-be-lost": "呼び出しを許可しなくなり、ほかに許可するものがあるかは分かりません",
    "caller-tags-change": "呼び出し元のタグが変わり、キーのポリシーはそのタグを条件にしています",
    "role-is-removed": "ロールまたはユーザーは削除または置換され、元のものを指定するポリシーは新しいものを許可しません",
    "key-of-resource-changes": "別のキーに変わります",
    "data-of-old-key": "元のキーで暗号化したものは、別のキーを指定しても読めません",
    "no-call-to-replay": "このキーへの呼び出しがイベントにありません",
    "no-kms-events": "イベントに KMS の呼び出しが 1 件もありません",
    "calls-not-told-apart": (
        "ポリシーはセッションまたは時刻を条件にしていますが、保存された呼び出しはそれらを区別しません。"
        "呼び出し元ごとに 1 つのセッションだけを評価しました"
    ),
    "calls-of-roles-not-tried": (
        "ロールまたはユーザーが行うことが知られている呼び出しは評価していません。--role で指定してください"
    ),
    "limit-allows-nothing": (
        "制限するポリシーだけでは何も許可されません。呼び出し元の別のポリシー、またはキーポリシーによる許可も必要です"
    ),
    "session-policy-is-passed": (
        "セッションポリシーは、セッションを作成する側が (AssumeRole などの Policy または PolicyArns で) "
        "渡します。開いているセッションでは古いものが有効なままです"
    ),
    "context-of-ciphertext-not-recorded": "暗号文がどの暗号化コンテキストで暗号化されたかは記録されていません",
    "context-sent-by-service": (
        "コンテキストは AWS サービスがリソースの名前から作って送ります。名前または ARN がその後変わった可能性があります"
    ),
    "key-of-ciphertext-not-recorded": "暗号文がどのキーで暗号化されたかは記録されていません",
    "statement-as-before": (
        "呼び出しが成功したときのままのステートメントです。呼び出し元自身のアカウントによる許可も必要です"
    ),
    "material-must-be-the-same": "以前と同じキーマテリアルである必要があります",
    "store-state-not-known": "キーストアが接続されていない理由は記録されていません",
    "policy-of-the-caller": "呼び出し元のどのポリシーのステートメントが拒否しているかは、それらを見ると分かります",
    "policy-of-the-session": "誰がどのポリシーでセッションを作成したかは、AssumeRole のレコードにあります",
    "policy-of-the-endpoint": (
        "VPC エンドポイントポリシーのどのステートメントが拒否しているかは、それを見ると分かります"
    ),
    "quota-of-kms": "アカウントの KMS リクエストクォータを見ると、どれだけ引き上げるべきかが分かります",
    "quota-reached": "KMS のクォータに達しました。ポリシーでは変わりません",
    "key-does-not-fit": "キーがこの操作に合いません。変更できないキーの用途と仕様を見ると分かります",
    "grant-not-valid": "グラントまたはグラントトークンが KMS にありません。キーのグラントを見ると分かります",
    "key-store-not-ready": "キーストアが応答しませんでした。接続状態を見ると分かります",
    "credentials-not-valid": (
        "呼び出し元の認証情報が無効でした。サインインし直してください。ポリシーは評価されていません"
    ),
    "kms-failed-itself": "KMS 自体のエラーです。再試行してください。既知の問題かどうかは AWS Health で分かります",
    "request-not-valid": "KMS はこの形のリクエストを受け付けませんでした。内容はレコードにあります",
    "follows-own-refusal": "同じ呼び出し元が先に拒否され、この呼び出しに至りませんでした",
    "follows-refusal": "ジョブは拒否によって、この呼び出しの前に終了しました",
    "follows-refused-grant": "この呼び出しを許可するグラントの作成が、先に拒否されています",
}
