# Programs that are run on the show by restail and by jq, one a line: jq_test.go
# compares what they give.

# fields
.
.author
.text
.nothing
.author?
."author"
.["author"]
.["text","author"]
.author, .platform
.badges
.badges[]?
.badges[0]?
.badges[-1]?
.badges[1:]?
.badges[:1]?
.badges | length
.emotes[]?
.emote_urls[0:2]?
[.emotes[]?]
.["badges"][0]?
.. | strings
.[]
[.[] | strings] | length
keys
keys_unsorted | length
length
to_entries | length
has("text")
has("amount")
has("text", "amount")
.nothing.deeper.still
.text.x?
.badges.x?
.author[0]?
.a["b"]?

# selection
select(.action == "event")
select(.platform == "twitch")
select(.platform == "twitch" and .is_moderator)
select(.platform == "twitch" or .platform == "kick")
select(.platform != "youtube")
select(.type == "super_chat")
select(.type == "super_chat") | {author, amount, currency}
select(.is_first)
select(.is_first | not)
select(.text | contains("the"))
select(.text | test("solder"; "i"))
select(.text | startswith("!"))
select(.text | endswith("?"))
select(.text? // "" | length > 60)
select(.emotes)
select(.emotes | length > 1)
select((.badges // []) | any(. == "Moderator"))
select((.badges // []) | index("Subscriber"))
select(.amount != null)
select((.amount // "0" | tonumber) >= 5)
select(.source_id > 2)
select(.source_id < 20 and .type_id >= 4)
select(.platform | IN("twitch", "x"))
select(.platform as $p | ["kick", "trovo"] | index($p))
select(.author_id == "9007199254740993")
select(has("reply_to"))
select(.reply_to // .thread_id)
select(.is_whisper // false)
select([.is_owner, .is_moderator, .is_verified] | any)
select([.is_owner, .is_moderator] | all)
select(.action | startswith("connection"))
select(.status == "error") | .reason
select(.text | ascii_downcase | test("\\bcat\\b"))
select(.text == null)
select(.text == "")
true
false
null
empty
.is_bot
.is_subscriber
not
.action == "event"
.nothing == null
.author == .author_name
.platform == "twitch", .platform == "kick"

# construction
{author, text}
{author, said: .text}
{(.platform): .author}
{(.platform, "x"): 1}
{"a b": .text}
{a: .author, b: (.text, .platform)}
{author} + {text}
{author: .author} * {b: {c: 1}}
{a: $__loc__.line}
{"x": 1, "x": 2}
{a: {b: {c: .author}}}
[.author, .text]
[.author, (.text | length)]
[.time, .platform, .channel] | @tsv
[.time, .author, .text] | @csv
[.author, .text] | @sh
[.author] | @json
.text | @html
.text | @uri
.text | @base64
.text | @base64 | @base64d
.text | @text
.text | @json
"\(.platform)/\(.channel): \(.author) said \(.text)"
@html "<b>\(.author)</b> \(.text)"
@uri "https://example.com/?q=\(.text)"
@json "x \(.badges)"
@sh "echo \(.text)"
@csv "\([.author, .source_id])"
"\(1 + 2) and \("nested \(.platform)")"
{author, n: (.text | length)} | select(.n > 20)
with_entries(select(.value | type == "string"))
with_entries(.key |= "x_" + .)
to_entries | map(.key) | sort
to_entries | map({(.key): .value}) | add
[to_entries[] | select(.value == true) | .key]
del(.text)
del(.text, .author)
del(.badges[0]?)
del(.[] | select(type == "array"))
delpaths([["text"], ["badges", 0]])
pick(.author)
pick(.author, .platform)
pick(.badges[0]?)
map_values(type)
map_values(select(type == "string"))
map_values(empty)
walk(if type == "string" then length else . end)
[paths] | length
[paths(type == "boolean")]
path(.badges[0]?)
[path(..)] | length
getpath(["badges", 0])
getpath(["a", "b", "c"])
setpath(["text"]; "x") | .text
setpath(["new", "deep"]; 1) | .new
tostream | tojson
[tostream] | length
fromstream(tostream)

# update
.text = "x"
.text |= ascii_upcase
.text |= empty
.source_id += 1
.source_id -= 1 | .source_id
.source_id *= 2 | .source_id
.source_id /= 2 | .source_id
.source_id %= 2 | .source_id
.nothing //= "default"
.text //= "default" | .text
.badges[0]? |= ascii_upcase
.badges |= (. // [] | sort)
.a.b.c = 1 | .a
.a[2] = 1 | .a
(.author, .text) |= length
(.. | strings) |= ascii_downcase
.[] |= tostring
.author as $a | .text |= "\($a): \(.)"
to_entries |= .

# text
.text | length
.text | utf8bytelength
.text | explode | length
.text | explode | implode
.text | split(" ") | length
.text | split(" ") | join("_")
.text / " " | map(length)
.text | split("[aeiou]"; "g") | length
[.text | splits(" +")] | length
.text | ascii_downcase
.text | ascii_upcase
.text | ltrimstr("I ")
.text | rtrimstr(".")
.text | .[0:5]
.text | .[-3:]
.text | .[2:-2]
.text | sub("a"; "A")
.text | gsub("[aeiou]"; "")
.text | gsub("(?<v>[aeiou])"; "<\(.v)>")
.text | gsub("\\s+"; " ")
.text | gsub("^"; "> ")
.text | sub("(?<first>\\w+) (?<second>\\w+)"; "\(.second) \(.first)")
.text | test("^[A-Z]")
.text | test("KAPPA"; "i")
.text | [match("[a-z]+"; "g").string] | length
.text | [match("o"; "g").offset]
.text | match("(?<w>\\w+)").captures
.text | capture("(?<first>\\w+)")
[.text | capture("(?<w>[a-z]{5,})"; "g").w]
[.text | scan("[A-Z]")]
[.text | scan("(\\w)(\\w)")] | length
[.text | scan("THE"; "i")]
.text | indices("a")
.text | index("a"), rindex("a")
.text | contains("a")
.text | inside("this is the text of a chat")
.text | tojson | fromjson
.text | tojson
.text * 2
.text * 0
.text + "!" | length
.text | ltrimstr(1)
.text | tostring
.text | @json | fromjson
.text | ascii_downcase | explode | map(select(. >= 97 and . <= 122)) | implode
.text | reduce split(" ")[] as $w ({}; .[$w] += 1)
.text | split("") | reverse | join("")
.text | [limit(3; splits(" "))]
.text | splits("a")
.text | tonumber?
.text | try tonumber catch "no number"
.text | length as $n | if $n > 30 then "long" elif $n > 10 then "some" else "short" end
.text | if . == "" then "empty" end
.text | type
.text | ascii_downcase | [match("\\b(the|a)\\b"; "g").string] | group_by(.) | map({(.[0]): length}) | add

# numbers
.source_id + 0.5
.source_id / 3 | floor
.source_id / 4
.source_id % 4
-.source_id
.source_id | sqrt | floor
.source_id | tostring
.source_id | tojson
.user_id * 1000
.user_id + 1
.user_id / 1000 | round
.amount | tonumber
.amount | tonumber? | . * 100
.source_id | pow(.; 2)
.source_id | log2 | floor
.source_id | exp10? | tostring | length
[range(3)]
[range(2; 5)]
[range(0; 10; 3)]
[range(5; 0; -2)]
[limit(3; range(10))]
[first(range(10)), last(range(10)), nth(5; range(10))]
[until(. > 100; 4)]?
[.source_id | while(. < 100; . * 2)]
[.source_id | recurse(if . < 50 then . + 10 else empty end)]
[.[] | numbers] | add
[.[] | numbers] | min, max
1 / 3
10 % 3, -10 % 3, 10 % -3
1e3, 1.5e2, 0.1 + 0.2
3.0, 3.10, 100000000000000000000
infinite | floor? // 1 | tostring
nan | isnan
[nan] | sort
nan < 1, nan > nan
[1, 1.5, 2] | map(floor, ceil, round)
5 | significand, logb
[3.7, -3.7] | map(trunc)
[3, -3] | map(fabs)
"12" | tonumber
"0x1" | tonumber?
[.source_id, 1] | implode?

# arrays
[.badges[]?] | sort
[.badges[]?] | reverse
[.badges[]?] | unique
[.badges[]?] | map(length) | add
[.badges[]?] | join(", ")
[.badges[]?, .emotes[]?] | group_by(length) | map(length)
[.badges[]?] | first?
[.badges[]?] | any, all
[.badges[]?] | index("Subscriber")
[.badges[]?] - ["Subscriber"]
[.badges[]?] + ["x"]
[.badges[]?] | min_by(length), max_by(length)
[.badges[]?] | sort_by(length)
[.badges[]?] | unique_by(length)
[.badges[]?] | contains(["Mod"])
[[1, [2]], 3] | flatten
[[1, [2]], 3] | flatten(1)
[[1, 2], [3, 4]] | transpose
[[1, 2], [3, 4]] | [combinations]
[1, 2] | [combinations(2)]
[3, 1, 2] | sort, sort_by(-.)
[{a: 1}, {a: 2}, {a: 1}] | group_by(.a), unique_by(.a)
[1, null, "a", true, [], {}, false] | sort
[1, null, "a", true, [], {}, false] | map(type)
[1, null, "a"] | map(values), map(nulls), map(scalars), map(iterables)
[1, 2, 3] | .[1:] = ["x"]
[1, 2, 3] | .[-1] = 9
[1, 2, 3] | del(.[0, 2])
[1, 2, 3] | to_entries
[1, 2, 3] | map(select(. != 2))
[1, [2, 3]] | getpath([1, 0])
[1, 2, 3] | IN(.[]; 2, 3)
[1, 2, 3, 1] | indices(1), index(1), rindex(1)
[1, 2, 1, 2] | indices([1, 2])
["a", "b"] | to_entries | from_entries?
[{name: "a", value: 1}, {k: "b", v: 2}] | from_entries
[limit(0; 1, 2)]
[1, 2] | tojson, tostring, @text
{a: [1, {b: 2}]} | [paths], [.. | numbers]
{a: 1} | has("a"), has("b")
[1] | has(0), has(1)
{b: 1, a: 2} | keys, to_entries[0].key, tojson
[splits("a")]?
{a: null} | .a // "d", (.a | not)
{} | .a += 1, .a.b |= 3
[[0, 1], ["a", "b"]] | map({(.[1] | tostring): .[0]}) | add
[1, 2, 3] | any(. > 2), all(. > 0)
tojson | fromjson | .author
getpath(["author"]) as [$x] | $x

# dates
.time | fromdate
.time | fromdateiso8601 | todate
.time | fromdate | gmtime | mktime
.time | fromdate | strftime("%H:%M")
.time | fromdate | strftime("%Y-%m-%dT%H:%M:%SZ")
.time | strptime("%Y-%m-%dT%H:%M:%SZ")
.time | strptime("%Y-%m-%dT%H:%M:%SZ") | mktime
.time | .[11:16]
.time | fromdate | . - . % 60 | todate
.time | fromdate | gmtime
0 | todate
1e10 | todate
1425599621 | strftime("%A, %B %d, %Y, %j, %U, %w")

# control
if .platform == "twitch" then "t" else "o" end
if .is_bot then "bot" end
if .badges then .badges | length else 0 end
if empty then 1 else 2 end
if (true, false) then 1 else 2 end
try error("x") catch .
try error({a: 1}) catch .a
try error(null) catch .
error("this one: \(.platform)")
error
error(null)
(.text | error)?
.author | error?
[.[]? | tostring] | length
.a.b.c // "none"
(.nothing, .author) // "none"
(.nothing, null) // "none"
first(.nothing, .author | values)
(empty // 1), (false // null // 2)
[.badges[]? // "none"]
. as {author: $a, text: $t} | "\($a) \($t)"
. as {$author, $text} | [$author, $text]
. as {badges: [$first]} | $first
. as {badges: [$a]} ?// {author: $a} | $a
[.author, .text] as [$a, $b] | {a: $a, b: $b}
.author as $a | .text as $t | $a + $t
reduce .[] as $v (0; . + 1)
reduce (.badges // [])[] as $b (""; . + $b)
[foreach range(5) as $i (0; . + $i)]
[foreach range(5) as $i (0; . + $i; [$i, .])]
[foreach (.badges // [])[] as $b (0; . + 1; "\(.) \($b)")]
label $out | foreach .[] as $v (0; . + 1; if . > 2 then ., break $out else empty end)
[label $f | range(10) | ., (select(. == 3) | break $f)]
def double: . * 2; .source_id | double
def f(x): x | length; f(.text)
def f($a; $b): $a + $b; f(.author; .text)
def fac: if . <= 1 then 1 else . * (. - 1 | fac) end; 10 | fac
def f: def g: 3; g * 2; f
def select(f): "mine"; select(false)
[.[] | type] | unique
[..] | length
[recurse | scalars] | length
recurse(.badges?; . != null) | type
env | type
$ENV | type
input?
ltrimstr("x") | type
splits("x")?
limit(1; .author, .text)
[limit(-1; 1, 2)]?
first(empty)
isempty(empty), isempty(.author)
[.[] | select(type == "string") | length] | add / length | floor
getpath(["author", "x"])?
try getpath(["author", "x"]) catch "cannot"
.author.x
.text | keys
.badges + 1
.source_id + "a"
{} - 1
[] | implode
{a: 1} | .[0]?
"a" - "b"
[] | first
[1] | .["a"]
null + 1, null - 1?
null | length
true | length
{} + null
@text "a\(1)b"
"\u00e9\ud83d\ude00" | length, utf8bytelength
"a,b" | ascii_downcase, ltrimstr("a"), split(",")
"x" as $x | [$x, $x + "y"]
[.author, .author] | unique | length == 1
"abc" | test("B"; "ix"), test("a.c"; "s")
"aXbxc" | [splits("x"; "i")]
"2015-03-05T23:51:47Z" | fromdate
{a: 1} | getpath(["a"]), paths
splits
ltrimstr
getpath
