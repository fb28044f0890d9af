package filter

import (
	"strings"
	"testing"

	"github.com/itchyny/gojq"
)

// seeds are programs as people write them, and odd ones. FuzzRecord runs them.
var seeds = []string{
	`.`, `true`, `.author`, `{author, text}`, `.text, .author`, `"\(.author): \(.text)"`,
	`select(.platform == "twitch")`,
	`select(.platform == "twitch") | {author,text}`,
	`select(.platform == "twitch" and (.text | length) > 2) | .author`,
	`select(.type == "super_chat" or .is_subscriber)`,
	`select(.text | test("^h"; "i")) | "\(.platform) \(.text | ascii_upcase)"`,
	`select(.text | contains("a") | not)`,
	`select(has("text")) | .text`,
	`select((.badges // []) | index("Subscriber"))`,
	`select(any(.badges[]?; . == "Subscriber"))`,
	`select(IN(.platform; "twitch", "kick"))`,
	`select(.user_id > 100 and .gap_seconds != null) | .user_id + .gap_seconds`,
	`if .platform == "x" then empty elif .is_bot then "bot" else . end`,
	`. as {author: $a, text: $t, badges: [$b]} | [$a, $t, $b]`,
	`. as $r | .badges[]? | {badge: ., author: $r.author}`,
	`.badges | length`, `[.badges[]? | ascii_downcase] | join(",")`,
	`reduce .badges[]? as $b (0; . + 1)`, `foreach .gifted_to[]? as $g (0; . + 1; [$g, .])`,
	`.user_id, .gap_seconds, (.gap_seconds | tojson), -(.user_id + 1)`,
	`.user_id + 1, .gap_seconds * 2`, `.gap_seconds == 4.2`, `.text | tonumber`,
	`try (.text | tonumber) catch .`, `(.text | tonumber)?`, `.text | fromjson?`,
	`try (.text | .[]) catch .`, `.author + 1`, `.text, (.author | error), 1`, `1, halt, 2`,
	`keys`, `length`, `to_entries | map(.key)`, `[.[]] | length`, `map_values(type)`, `..`,
	`del(.time, .event_id)`, `with_entries(select(.value | type == "string"))`, `. == .`, `tojson`,
	`.text = "x"`, `.text |= ascii_upcase`, `.user_id += 1`, `.new //= 5`, `.badges[0] = "a"`,
	`pick(.author, .badges[0])?`, `path(.author)`, `paths`, `getpath(["author"])`,
	`first(.author, .text), last(.author, .text), limit(1; .badges[]?), nth(1; .author, .text)`,
	`isempty(.badges[]?), (.text | isempty(empty))`, `label $f | .author, break $f, .text`,
	`def f(g): [g, g]; f(.author)`, `def f($x; $y): "\($x)-\($y)"; f(.author; .platform)`,
	`def me: .author; def both: me, .text; [both]`, `def f: if type == "array" then .[] | f else . end; [.badges, .text] | f`,
	`def select(f): 1; select(.a)`, `def empty: 1; select(.a)`, `def f(empty): select(.a); f(1)`, `def f($empty): select(.a); f(1)`, `.["author"], ."text", .["no such"]`, `.[("au" + "thor")]`, `.["\("text")"]`,
	`.. | strings`, `[.author, .text] | @tsv, @csv, @json, @html`, `@json "\(.author)"`, `@base64`, `.text | @uri`,
	`{(.platform): .text}`, `{"a\(.author)": 1, "text", "x y": .author}`,
	`[.platform, .author] as [$p, $a] | {$p, $a}`, `. as [$x] ?// {author: $x} ?// $x | $x`, `. as {$author, "text": $t} | $author + $t`,
	`$raw.action`, `select(.platform == "twitch") | $raw.payload.userId`, `$raw | keys`, `. as $raw | $raw.author`, `{$raw} | .raw.action`,
	`env | length`, `$ENV | type`, `.text | debug`, `debug("x") | .author`, `[splits("a")?]`, `.text | [splits("l")]`, `.text | sub("(?<x>.)"; "<\(.x)>")`,
	`.time | fromdate? | todate`, `[limit(5; .text | explode[])]`, `(.text | explode | implode) == .text`, `.text[1:3]`, `.text | [match("l"; "g").offset]`,
	`[.text, .author] | sort, unique, group_by(.), min, max, add, reverse`, `. as $r | $r | .author as $a | $r`, `., (.author | . as $x | $x), .`,
	`"ab" * 3, 3 * "ab", "x" * 0, "x" * -1, .text * 2.5, 2 * 3.5, .user_id * 99999999999 * 99999999999`, `(1, 2) * (3, 4), {a: {b: 1}} * {a: {c: 2}}`,
	`try ([] * 2) catch ., (try path(1 * 2) catch .), 1 * error("x")`, `.user_id *= 2`, `.user_id *= (2, 3)`, `(.text, .author) *= 2`,
	`.x *= (.y *= 2)`, `.user_id as $a | .text * ($a % 7) | length`, `def f(g): g * g; f(.gap_seconds), f(1, 2)`, `[2 * .[]?]`,
	`[.][0]`, `{r: .}.r`, `try error(.) catch .`, `first(.)`, `.a.b.c`, `.author.x?`, `.text // .author // .`, `(.x // empty), .author`, `[..] | length`,
}

// TestFields shows which fields a program sees; "whole" is all.
func TestFields(t *testing.T) {
	tests := []struct{ program, want string }{
		{`.`, ``},
		{`true`, ``},
		{`.author`, `author`},
		{`.["author"], ."text", .image?, .nothing`, `author text image`},
		{`{author, text}`, `author text`},
		{`{"author", a: .text, (.platform): 1, "\(.type)": 2}`, `platform type author text`},
		{`select(.platform == "twitch")`, `platform`},
		{`select(.platform == "twitch") | {author, text}`, `platform author text`},
		{`select(.is_bot | not) | select(.text | test("a"))`, `is_bot text`},
		{`"\(.author): \(.text)"`, `author text`},
		{`@sh "\(.author)"`, `author`},
		{`if .is_bot then .author elif .type then . else empty end`, `type author is_bot`},
		{`.image // .text // "none"`, `text image`},
		{`try .author catch .`, `author`},
		{`. as $r | try $r.x catch $r | .author`, `author`},
		{`.badges[] | length`, `badges`},
		{`.text[:10]`, `text`}, {`.text[:.type_id]`, `type_id text`}, {`.text[.type_id:]`, `type_id text`}, {`.["text":]`, `whole`},
		{`.badges | map(ascii_downcase) | keys`, `badges`},
		{`. as $r | .badges[] | {a: $r.author, b: .text}`, `author badges`},
		{`. as {author: $a, $text} | $a`, `whole`},
		{`. as [$a] | $a`, `whole`},
		{`. as $r ?// {author: $r} | $r`, `whole`},
		{`reduce .badges[] as $b (.; .) | .author`, `whole`},
		{`foreach .badges[] as $b (0; . + 1; [$b, .])`, `whole`},
		{`label $out | .author, break $out`, `whole`},
		{`has("text")`, `text`},
		{`has("te" + "xt")`, `whole`},
		{`any(.badges[]; . == "x") or IN(.type; "a", "b")`, `type badges`},
		{`all(.badges[]; .type) and type == "object"`, `badges`},
		{`first(.author, .text)`, `whole`}, {`pick(.author)`, `whole`},
		{`. as $r | .text | pick($r.author)`, `whole`},
		{`. as $r | .text | path($r.author)`, `whole`},
		{`. as $r | .text | $r.author |= 1`, `whole`},
		{`def f: .author; f`, `whole`},
		{`1 as $r | . as $r | .author, $r.text`, `author text`}, {`. as $r | (1 as $r | 2), $r.author`, `author`},
		{`if .is_bot then 1 end | .author`, `author is_bot`}, {`if .is_bot then 1 elif .type then . else 2 end | .author`, `type author is_bot`},
		{`def select(f): keys; select(.author)`, `whole`},
		{`(def keys: .author; keys), .text`, `whole`},
		{`keys`, `whole`}, {`.[]`, `whole`}, {`..`, `whole`}, {`.. | .author`, `whole`}, {`length`, `whole`},
		{`.[0]`, `whole`}, {`.[.author]`, `whole`}, {`.["\(1)"]`, `whole`}, {`.[$raw]`, `whole`},
		{`[.]`, `whole`}, {`{r: .}`, `whole`}, {`{(.): 1}`, `whole`}, {`"\(.)"`, `whole`}, {`@json`, `whole`}, {`-.`, `whole`},
		{`. == {}`, `whole`}, {`. + {a: 1}`, `whole`}, {`.author = 1`, `whole`}, {`.author |= 1`, `whole`}, {`.x += 1`, `whole`},
		{`del(.author)`, `whole`}, {`to_entries`, `whole`}, {`error`, `whole`}, {`error(.)`, `whole`}, {`halt_error`, `whole`},
		{`. as $r | {$r}`, `whole`}, {`. as $r | [1] | map($r)`, `whole`}, {`. as $r | "a" | startswith($r)`, `whole`},
		{`debug`, `whole`}, {`stderr`, `whole`}, {`debug("x")`, `whole`}, {`limit(.; 1)`, `whole`}, {`IN(.; 1)`, `whole`}, {`IN(1)`, `whole`},
		{`error("x")`, `whole`}, {`empty, not, type, now, env.HOME, $ENV.HOME, $raw.action, halt`, ``}, {`$raw[.platform]`, `platform`},
		{`.text | error`, `text`},
	}
	for _, test := range tests {
		reads := readsOf(parse(t, test.program))
		names := []string{}
		for _, f := range reads.fields {
			names = append(names, f.Name())
		}
		got := strings.Join(names, " ")
		if reads.whole {
			got = "whole"
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.program, got, test.want)
		}
	}
}

// TestUnknownFields shows which names are reported as fields that no record
// has: only those that the record itself is asked for.
func TestUnknownFields(t *testing.T) {
	tests := []struct{ program, want string }{
		{`.author, .gap_seconds, .reason_text`, ``},
		{`.platfrom`, `platfrom`},
		{`select(.platfrom == "twitch") | {user, txt: .author, "mesage"} | .badge`, `platfrom user mesage`},
		{`.b.c.d, .a[0], .b`, `b a`},
		{`.["platfrom"], ."txt", has("amuont"), .x?, (.y // 1)`, `platfrom txt amuont x y`},
		{`"\(.user): \(.text)"`, `user`},
		{`. as $r | .badges[] | {badge: ., user: $r.user}`, `user`},
		{`if .is_bot then . else empty end | .user`, `user`},
		{`. as $r | .badges | length | $r.user`, `user`},
		{`try . | .user`, `user`},
		{`keys, .user`, `user`},

		// Fields of other values.
		{`{who: .author} | .who`, ``},
		{`{who: .author} as {who: $w} | $w`, ``},
		{`., {who: .author} | .who`, ``},
		{`if .is_bot then {who: .author} else . end | .who`, ``},
		{`(.text | fromjson? // {}) | .payload`, ``},
		{`. + {who: 1} | .who`, ``},
		{`.who = 1, .who |= 1, .who += 1, .who //= 1, del(.who)`, ``},
		{`.author |= .first`, ``},
		{`.who = .author | .who`, ``},
		{`to_entries[] | .key, .value`, ``},
		{`with_entries(.value |= .x) | .x`, ``},
		{`map(.x), map_values(.x)?, (.[] | .x?), (.. | .x?)`, ``},
		{`[.] | .[0].x, map(.x)`, ``},
		{`{r: .} | .r.x`, ``},
		{`$raw.payload.x, ($raw | .payload), $ENV.x, env.x, $n.x`, ``},
		{`. as $raw | $raw.payload`, `payload`},
		{`reduce .badges[] as $b (.; {n: (.n + 1)}) | .n`, ``},
		{`foreach .badges[] as $b (.; {n: .n}; .n)`, ``},
		{`. as {who: $x} ?// $x | $x.who`, ``},
		{`def f: if .next then .next | f else . end; f | .last`, ``},
		{`def f(g): {x: 1} | g; f(.x)`, ``},
		{`def values: {x: 1}; values | .x`, ``},
		{`getpath(["x"]), path(.x), [paths], (setpath(["x"]; 1) | .x)`, ``},
		{`try error(.) catch .x`, ``},
		{`[.text | match("a"; "g") | .offset, .captures]`, ``},
		{`group_by(.x)?, sort_by(.x)?, (limit(1; {x: 1}) | .x)`, ``},
	}
	for _, test := range tests {
		p := compile(t, test.program, Options{Args: []Arg{{"n", ""}}})
		if got := strings.Join(p.UnknownFields(), " "); got != test.want {
			t.Errorf("%s: got %q, want %q", test.program, got, test.want)
		}
	}
}

func parse(t *testing.T, program string) *gojq.Query {
	t.Helper()
	query, err := gojq.Parse(program)
	if err != nil {
		t.Fatalf("%s: %v", program, err)
	}
	return query
}
