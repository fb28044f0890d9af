package cmd

import (
	"strings"

	"github.com/restail/restail/cmd/docs"
	"github.com/restail/restail/decode"
	"github.com/restail/restail/format"
)

// topic is a page of help that is not about a command. The manual page and the
// reference contain all of them.
type topic struct {
	name    string
	section func() docs.Section
}

// topics are the pages, in their order.
var topics = []topic{
	{"record", recordTopic},
	{"filters", filtersTopic},
	{"recordings", recordingsTopic},
	{"gaps", gapsTopic},
	{"statuses", statusesTopic},
	{"environment", environmentTopic},
}

// topicNames returns the names of the topics.
func topicNames() []string {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = t.name
	}
	return names
}

// topicNamed returns the topic of that name, nil when there is none.
func topicNamed(name string) *topic {
	for i := range topics {
		if topics[i].name == name {
			return &topics[i]
		}
	}
	return nil
}

func recordTopic() docs.Section {
	return docs.Section{
		Title: "The record",
		Text: "Each action of the chat becomes one record: a JSON object on one line. Its values are strings, numbers, booleans or " +
			"arrays of strings, never objects. Every record has `time` and `action`; every `event` also has `type`, `author` and `text`. " +
			"Any other field is left out when it has nothing to say: null, an empty string and an empty array are not written. A boolean " +
			"is written, true or false, where the platform tells it. A number is written when it is there, 0 too.\n\n" +
			"Fields are never removed or renamed. Ids are strings even where the service sends numbers, so that no program rounds them; " +
			"`source_id`, `type_id` and `user_id` are small and stay numbers. Text is not changed: `<3` stays `<3`, and an emoji is a " +
			"character, not an escape. Control characters are escaped as JSON demands.\n\n" +
			"`time` is the service's own stamp: UTC, with whole seconds, or with three digits of a fraction where the service sends one. " +
			"It is the time of receipt where the action has no stamp from the years 2000 to 9999.\n\n" +
			"An action, an event type or a platform that restail does not know becomes a record too, with the fields that it shares with " +
			"the others. A field of an unexpected type is skipped, never the record. A frame that is not one JSON object with an `action` " +
			"is reported on stderr and counted.\n\n" +
			"`restail fields` prints the fields as a table, `restail fields --json-schema` as a JSON Schema.",
		Parts: []docs.Section{
			docs.Fields(),
			docs.Names("Actions", "The values of `action`, and of the flag `--action`, which also takes `all`. An action of the service "+
				"that happens to be called `link` is written as `wire_link`.", decode.ActionChoices()[1:]),
			eventTypes(),
			docs.Names("Platforms", "The values of `platform`, and of the flag `--platform`. Where the service's number is not known, "+
				"the platform is the one in the connection's identifier.", decode.PlatformNames()),
			formats(),
			{
				Title: "Marks of the text format",
				Text:  "The first mark of a line says what kind of line it is; the others are about the author.",
				Items: []docs.Item{
					{Term: "`$`", Meaning: "a super chat, a super sticker or other gift of money"},
					{Term: "`+`", Meaning: "a subscription, a membership, a membership milestone, or gifts of subscriptions or memberships; a connection or link that is up"},
					{Term: "`%`", Meaning: "a private whisper"},
					{Term: "`1`", Meaning: "somebody's first message"},
					{Term: "`@`", Meaning: "a reply"},
					{Term: "`*`", Meaning: "a /me message"},
					{Term: "`>`", Meaning: "you, writing from Restream"},
					{Term: "`!`", Meaning: "a reply, a relay or a connection that failed"},
					{Term: "`?`", Meaning: "an event or action that restail does not know"},
					{Term: "`=`", Meaning: "a reply or relay that a platform accepted or confirmed"},
					{Term: "`~`", Meaning: "a connection that is connecting, or a link that is lost"},
					{Term: "`-`", Meaning: "a connection that was closed"},
					{Term: "`.`", Meaning: "a heartbeat"},
					{Term: "`♛`", Meaning: "the author is the owner of the channel"},
					{Term: "`⚔`", Meaning: "a moderator"},
					{Term: "`✦`", Meaning: "a subscriber or member"},
					{Term: "`✓`", Meaning: "verified by the platform"},
					{Term: "`⚙`", Meaning: "a bot"},
				},
			},
			docs.Names("Reasons of a connection with the status error", "`reason_text` says the same in a record. A code that is not listed is passed on without a text.", decode.ReasonNames("connection_info")),
			docs.Names("Reasons of connection_closed", "", decode.ReasonNames("connection_closed")),
			docs.Names("Reasons of reply_failed and relay_failed", "", decode.ReasonNames("reply_failed")),
		},
	}
}

// eventTypes lists the values of the field type, each with its platforms.
func eventTypes() docs.Section {
	s := docs.Section{Title: "Event types", Text: "The values of `type`, with the platforms that send them."}
	index := map[string]int{}
	for _, platform := range decode.Platforms {
		for _, kind := range platform.Types {
			i, known := index[kind.Name]
			if !known {
				i = len(s.Items)
				index[kind.Name] = i
				s.Items = append(s.Items, docs.Item{Term: "`" + kind.Name + "`", Meaning: platform.Slug})
			} else if last := s.Items[i].Meaning; last != platform.Slug && !strings.HasSuffix(last, ", "+platform.Slug) {
				s.Items[i].Meaning += ", " + platform.Slug
			}
		}
	}
	s.Items = append(s.Items, docs.Item{Term: "`unknown`", Meaning: "a type that restail does not know; `type_id` has its number"})
	return s
}

// formats lists the values of the flag --format.
func formats() docs.Section {
	s := docs.Section{
		Title: "Formats",
		Text: "`ndjson` escapes control characters, those of DEL and C1 too. `text` shows every character that could move the cursor, " +
			"colour the screen, forge a line or hide as an escape such as `\\x1b`, since strangers write the chat. `raw` is byte for " +
			"byte what was received; only line breaks within an action are removed, so that one line is one action.",
	}
	for _, f := range format.Formats {
		s.Items = append(s.Items, docs.Item{Term: "`" + f.Name + "`", Meaning: f.Meaning})
	}
	return s
}

func filtersTopic() docs.Section {
	return docs.Section{
		Title: "Filters",
		Text: "`--filter` runs a jq program on each record, `--filter-file` one from a file. The program runs anew for each record, and " +
			"every output counts. `-a`, `-p` and `--fields` choose actions, platforms and fields without the cost of a program: the first " +
			"two before the filter, `--fields` after it.\n\n" +
			"An error of the program concerns one record: the record is dropped, but outputs before the error are written. Each different " +
			"message is shown once. A program that does not compile ends restail with status 2 before anything is contacted, and the " +
			"message has a caret under the mistake. A program that names a field which no record has gets a hint, and runs.",
		Parts: []docs.Section{
			{Title: "Outputs", Items: []docs.Item{
				{Term: "`false`, `null`, `empty`", Meaning: "Drop the record."},
				{Term: "`true`", Meaning: "Stands for the record: it passes."},
				{Term: "anything else", Meaning: "Is written in place of the record. ndjson: as JSON. text: a string as it is, made safe; an object with an `action` as a line of text; anything else as JSON. raw: the action, once, if any output passes."},
				{Term: "`halt`", Meaning: "Ends the run with status 0. Outputs before it are written."},
				{Term: "`halt_error`, `halt_error(N)`", Meaning: "Ends the run with status 5, or *N* modulo 256, and prints its input on stderr."},
			}},
			{Title: "Variables", Items: []docs.Item{
				{Term: "`$raw`", Meaning: "The action as the service sent it, as JSON. For an event of the chat history: the message as served. Null for a `link` record, and in a replay of ndjson."},
				{Term: "`$ENV`, `env`", Meaning: "The environment, without `RESTREAM_ACCESS_TOKEN` and `RESTREAM_CLIENT_SECRET`."},
				{Term: "`$NAME`", Meaning: "The string that `--arg NAME=VALUE` binds."},
			}},
			{
				Title: "Differences from jq",
				Text:  "The language is that of gojq, which is built in. A program written for jq may notice these:",
				Items: []docs.Item{
					{Term: "Order of keys", Meaning: "The keys of an object that a program builds come out sorted, so `{text, author}` is written with `author` first. `.[]`, `..`, `paths`, `to_entries` and `tostream` take keys in alphabetical order, those of the record too. `--fields text,author` keeps your order, and so does a record that passes unchanged. There is no `keys_unsorted`."},
					{Term: "Regular expressions", Meaning: "They are RE2: without look-around and back-references. `\\w`, `\\d` and `\\b` know ASCII only: `\\bübel\\b` does not find a word, and `\\p{L}` is a letter of any script. The flags are `g`, `i` and `m` (a dot matches a line break); any other, such as `x` or `s`, is an error."},
					{Term: "`input`, `inputs`", Meaning: "Not available: a program sees one record. To count or compare records, pipe restail into jq."},
					{Term: "`debug`, `stderr`", Meaning: "Write a status line, which `-q` turns off."},
					{Term: "`halt`, `halt_error`", Meaning: "End the whole run, the connection too. What was received before is written first."},
					{Term: "Modules", Meaning: "`import` and `include` are not available: a filter is one program."},
					{Term: "Input and location", Meaning: "`input_filename`, `input_line_number`, `$__loc__`, `$__prog_args` and `get_search_list` are not available."},
					{Term: "Numbers", Meaning: "Integers are exact whatever their size, in `+`, `-`, `*`, `%` and in `/` with no remainder. Some large numbers are written with all their digits where jq writes an exponent."},
					{Term: "Strings", Meaning: "`\"abc\"[1]` is `\"b\"`. `index`, `rindex` and `indices` count characters, as in jq 1.8; jq 1.7 counts bytes. `ltrimstr` and `rtrimstr` of a value that is not a string are errors; jq passes it on."},
					{Term: "Functions", Meaning: "Some are missing, such as `@base32`, `@base32d`, `ascii` and `toarray`; `now`, `localtime` and `strftime` are there, and deal with fractions of a second. A negative `limit` is an error, as in jq 1.8."},
				},
			},
			{
				Title: "Limits",
				Text: "A program is at most 1 MiB long, and 128 KiB without comments, blanks and strings. One that takes more than 24 MiB for " +
					"one record is stopped, but a single operation, such as `join` of many large strings, can take more before " +
					"that. A product of a string or of large integers has at most 1 MiB, and an index in a program that assigns is at most " +
					"1,000,000. An output is at most 64 MiB large and 10,000 levels deep. A signal ends a program that never ends.",
			},
			{Title: "Examples of filters", Items: []docs.Item{
				{Term: "`select(.amount)`", Meaning: "Money."},
				{Term: "`select(.amount) | (.amount | tonumber) > 10`", Meaning: "More than 10 of any currency. An amount is a string, so it is turned into a number."},
				{Term: "`.text // \"\" | test(\"goat\"; \"i\")`", Meaning: "A word, in any case. Not every record has a text."},
				{Term: "`select(.is_first) | {author, text}`", Meaning: "What newcomers say."},
				{Term: "`.author_name == $who`", Meaning: "One person, with `--arg who=ada`."},
				{Term: "`.time[:19] + \"Z\" | fromdate | strflocaltime(\"%H:%M\")`", Meaning: "The time on your clock; `[:19]` cuts off a fraction of a second."},
			}},
		},
	}
}

func recordingsTopic() docs.Section {
	return docs.Section{
		Title: "Recordings",
		Text: "A recording is a text file, gzipped or not. Each line is an action as the service sent it, heartbeats too, or a line of " +
			"restail's own, whose first key is `restail`: the link was lost or restored, something could not be written, or a message was " +
			"filled in from the chat history. A replay gives what the live run gave, in every format.",
		Parts: []docs.Section{
			{
				Title: "Recording (--write)",
				Text:  "`-w FILE` records everything that is received. Stdout is not affected, and `-o`, `-f`, `-a`, `-p` and `--fields` do not affect the recording.",
				Items: []docs.Item{
					{Term: "Safety", Meaning: "The file is appended to, never truncated, and is on the disk at least once a second. Ctrl-C loses nothing; `kill -9` or a power cut loses the last second at most. The next run repairs a cut end and goes on in the same file."},
					{Term: "Compression", Meaning: "A name that ends in `.gz` is compressed. While restail records, `gunzip`, `replay` and `check` read what was flushed, and report that the end is missing."},
					{Term: "Layouts", Meaning: "*FILE* can be a strftime layout in local time, such as `chat/%Y/%F.raw.gz`. When the name changes, the next file begins, and missing folders are made. `%%` is a percent sign."},
					{Term: "Rotation", Meaning: "SIGHUP closes the file and opens it again. logrotate needs `create` and must not use `copytruncate`."},
					{Term: "Several files", Meaning: "Each further file begins with the connections of the moment, so that it can be replayed by itself."},
					{Term: "Locks", Meaning: "Two processes never write one file: the second ends with status 2. So does a file that cannot be opened at the start or is not a regular file, and a name that says `.gz` of a file that is not compressed, or the reverse."},
					{Term: "Full disk", Meaning: "A write that fails later is one error line. Stdout goes on, restail opens the file again every five seconds, the recording says how many actions are missing, and the run ends with status 1 instead of 0."},
					{Term: "Without -w", Meaning: "`-o raw > show.raw` is a recording too. It has heartbeats and the lines about the link only with `-a all`, and messages that were filled in wherever `event` is chosen."},
				},
			},
			{
				Title: "Replaying",
				Text: "`restail replay FILE…` takes several files as one stream, in the order given, and stdin for `-` or without a name. It also " +
					"reads the ndjson that restail wrote; `-o raw` of that is an error. A file that cannot be opened ends it with status 2 before the " +
					"first line. UTF-16 is refused.\n\n" +
					"A broken line is reported and skipped. A gzip file that ends early, an empty file, or one without a single action, record or " +
					"line of restail's own is status 1: what can be read of all files is written first.",
				Items: []docs.Item{
					{Term: "`--speed`", Meaning: "`max`, or a factor of the recorded pace: 1, 10, 0.5."},
					{Term: "`--since`, `--until`", Meaning: "Write the records from one time on and before another: `2026-11-28T19:30:00Z`, `2026-11-28 19:30` or `19:30` in your time zone, or `+1h30m` after the first action. A time of day is on the day of the first action; one more than twelve hours before it is the next day's. A part in `raw` lacks the connections before it, and with them the names of channels; one in `ndjson` keeps the names."},
				},
			},
			{
				Title: "Checking",
				Text:  "`restail check FILE…` prints a line for each file, `-o ndjson` one object. `restail replay FILE -a link` tells when the gaps were. The time between two files is not judged. The status is 0 when every file is whole, 1 when one is not, 2 when one cannot be read.",
				Items: []docs.Item{
					{Term: "`first`, `last`", Meaning: "the times of the first and last action"},
					{Term: "`actions`, `events`", Meaning: "how many there are; messages that were filled in are events"},
					{Term: "`platforms`, `broadcasts`", Meaning: "those that occur"},
					{Term: "`gaps`, `gap_seconds`", Meaning: "how often and how long the link was down or restail was not running; gaps that were filled are not counted. A link that stayed lost is a gap. So is the pause before another run without `--state`."},
					{Term: "`unrecorded`", Meaning: "actions that were received but could not be written"},
					{Term: "`broken`", Meaning: "lines that cannot be read"},
					{Term: "`cut`", Meaning: "the end of the file is missing"},
				},
			},
		},
	}
}

func gapsTopic() docs.Section {
	return docs.Section{
		Title: "Gaps",
		Text: "The socket does not repeat what was said while no link was up. restail notices a dead link, connects again, and says in the " +
			"data how long chat could have been missed. With `--backfill` it fetches what was said from Restream's chat history.\n\n" +
			"A link counts as dead when no action, heartbeats included, arrives for `--heartbeat-timeout`. The first retry comes within two " +
			"seconds, later ones with exponential backoff and jitter, up to `--max-backoff`. A slow reader of stdout makes no gap: up to " +
			"`--buffer` waits in memory, then reading from the socket pauses.",
		Parts: []docs.Section{
			{
				Title: "Link records",
				Text:  "restail writes them between the records of the chat, with the action `link` and the time of its own clock. `-n` does not count them. In `text` they are status lines on stderr, unless `-a` names `link`.",
				Items: []docs.Item{
					{Term: "`connected`", Meaning: "The link is up for the first time. With `--state`, `gap_seconds` is the gap since the run before."},
					{Term: "`lost`", Meaning: "Written once for each outage, with a `reason`."},
					{Term: "`restored`", Meaning: "The link is up again. `gap_seconds` is an upper bound on the length of the gap."},
					{Term: "`filled`", Meaning: "The gap was filled; `count` is the number of messages."},
					{Term: "`unfilled`", Meaning: "The gap could not be filled, with a `reason`."},
					{Term: "`ended`", Meaning: "restail gave up: exit status 3 or 4."},
				},
			},
			{Title: "Reasons of a lost link", Items: lostReasons()},
			{
				Title: "Filling a gap (--backfill)",
				Text: "restail asks the history five seconds after the link is back, and again 30 seconds later, since the history may be late. " +
					"It writes what is missing between the live records, marked `is_history`. The live chat never waits for it, and the end of " +
					"the run does not either. A message that was received is not written twice: equal messages (platform, channel, author, text) " +
					"at most two seconds apart are one.\n\n" +
					"The history has less than the socket: `time`, `platform`, `channel`, `author`, `text` and `broadcast_id`. It needs the scope " +
					"`chat.read`; also `stream.read`, if no message named its broadcast.",
			},
			{Title: "Reasons of an unfilled gap", Items: []docs.Item{
				{Term: "`no_broadcast`", Meaning: "there is no broadcast to ask for"},
				{Term: "`insufficient_scope`", Meaning: "403: tick the scope for your application and log in again"},
				{Term: "`unauthorized`", Meaning: "no token, or a refused one"},
				{Term: "`not_found`", Meaning: "404: Restream has no history of this broadcast"},
				{Term: "`rate_limited`", Meaning: "429, after the last retry"},
				{Term: "`server_error`", Meaning: "5xx, after the last retry"},
				{Term: "`network`", Meaning: "no answer, after the last retry"},
				{Term: "`protocol`", Meaning: "the answer is not what Restream documents"},
			}},
			{
				Title: "Between two runs (--state)",
				Text: "`--state FILE` remembers until when the chat was complete: up to the last action that stdout has taken and, with `-w`, that " +
					"is on the disk. With `--backfill` it holds the last messages too. The next run states the gap in its first `link` record, and fills it with `--backfill`. A file that is in use " +
					"by another process, or is not restail's, is status 2.",
			},
		},
	}
}

func lostReasons() []docs.Item {
	return []docs.Item{
		{Term: "`heartbeat_timeout`", Meaning: "nothing arrived for `--heartbeat-timeout`"},
		{Term: "`closed`", Meaning: "the service closed the link"},
		{Term: "`network`", Meaning: "the service cannot be reached, or the connection broke"},
		{Term: "`tls`", Meaning: "the encryption failed: often a proxy or a wrong clock"},
		{Term: "`refused`", Meaning: "the service answered, but not with a WebSocket; a redirect is not followed"},
		{Term: "`rate_limited`", Meaning: "status 429; restail waits as long as the answer says"},
		{Term: "`server_error`", Meaning: "status 5xx"},
		{Term: "`protocol`", Meaning: "the other side does not speak the WebSocket protocol correctly"},
		{Term: "`frame_too_large`", Meaning: "a message was larger than `--max-frame`"},
		{Term: "`drained`", Meaning: "every connection was closed while the link stayed up; restail connects again"},
		{Term: "`replaced`", Meaning: "another client took over"},
		{Term: "`unauthorized`", Meaning: "the token was refused"},
		{Term: "`token`", Meaning: "the token expired and cannot be refreshed yet; restail keeps trying"},
	}
}

func statusesTopic() docs.Section {
	return docs.Section{
		Title: "Exit status",
		Items: statusItems(),
		Parts: []docs.Section{
			{
				Title: "When several causes meet",
				Text: "The first in time decides. If several happen at once, the first in this list decides: a signal, `halt` or `halt_error`, the " +
					"count, a reader that went away, 3, given up (4), `--timeout` or `--idle`, the end of a recording. Only then a 0 becomes 1 " +
					"when something could not be recorded.",
			},
			{Title: "Streams and signals", Items: []docs.Item{
				{Term: "stdout", Meaning: "Data and nothing else: one record a line, flushed as soon as nothing more is waiting. The output never ends in the middle of a line."},
				{Term: "stderr", Meaning: "Errors, and status lines that say what changed: connections, the link, broken frames. `--status` chooses their form, `-q` turns them off. When nobody reads stderr, status lines are dropped and counted."},
				{Term: "SIGUSR1, SIGINFO", Meaning: "Print the connection table and the counters on stderr, and go on."},
				{Term: "SIGHUP, SIGINT, SIGTERM", Meaning: "Close the socket, write what was received, and exit with status 129, 130 or 143. A second signal exits at once."},
				{Term: "SIGHUP with `-w`", Meaning: "Close the recording and open it again; the run goes on."},
				{Term: "SIGHUP under nohup", Meaning: "Ignored."},
				{Term: "A blocked stdout", Meaning: "A signal, `--timeout` and `--idle` wait until the reader has taken nothing for two seconds. Then restail exits, and says on stderr how many lines were not written."},
			}},
		},
	}
}

// statusItems returns the exit statuses as items.
func statusItems() []docs.Item {
	items := make([]docs.Item, len(statuses))
	for i, s := range statuses {
		items[i] = docs.Item{Term: s.status, Meaning: s.meaning}
	}
	return items
}

func environmentTopic() docs.Section {
	return docs.Section{
		Title: "Environment",
		Text: "Every long flag except `--help`, `--version` and `serve`'s `--token` has a variable: `RESTAIL_MAX_FRAME` for `--max-frame`. " +
			"A flag beats its variable, which beats the configuration file. A variable that is empty counts as not set.\n\n" +
			"A *DURATION* is `30s`, `5m`, `1h30m` or a bare number of seconds. A *SIZE* is `65536`, `64KiB` or `16MiB`. A *LIST* has names with " +
			"commas between, in any case.",
		Items: []docs.Item{
			{Term: "`RESTREAM_ACCESS_TOKEN`", Meaning: "The access token. `--token-file` beats it; it beats `--token-command` and the stored login."},
			{Term: "`RESTREAM_CLIENT_ID`, `RESTREAM_CLIENT_SECRET`", Meaning: "The application that `login` uses; without them it asks."},
			{Term: "`HTTPS_PROXY`, `NO_PROXY`", Meaning: "The proxy for everything that goes to Restream, and the hosts that need none. A value that cannot be parsed is status 2."},
			{Term: "`XDG_CONFIG_HOME`, `XDG_STATE_HOME`", Meaning: "The folders of the files below, instead of `~/.config` and `~/.local/state`."},
			{Term: "`TZ`", Meaning: "The time zone: a name such as `Europe/Berlin`, or a zoneinfo file. restail brings its own time zones. Rules such as `CET-1CEST` are refused."},
			{Term: "`NO_COLOR`, `TERM`", Meaning: "No colours when the first is set or the second is `dumb`, unless `--color=always`."},
			{Term: "`COLUMNS`", Meaning: "The width of help and of `restail fields`."},
		},
		Parts: []docs.Section{
			{Title: "Files", Items: []docs.Item{
				{Term: "`~/.config/restail/config.json`", Meaning: "Defaults of flags, under their long names: `{\"format\": \"text\", \"max-frame\": \"1MiB\"}`. An unknown name is an error. A default is for every command that has the flag: `write` is for `demo`, too."},
				{Term: "`~/.local/state/restail/token.json`", Meaning: "The tokens that `login` stored, readable by their owner alone. Any number of processes can share it."},
			}},
			{
				Title: "Tokens",
				Text: "A token is never a flag, since every user of a machine can read its process list. It never appears in an error, a status line " +
					"or a record. `--token-command` is run without a shell: it is split at white space, quotes and backslashes work as in a shell, and " +
					"`sh -c '…'` gives you the rest. It prints the token, or `{\"token\":\"…\",\"expires_at\":…}` with seconds since 1970 or an RFC 3339 time. " +
					"A token file is read again when it changes.",
			},
			{Title: "Windows", Items: []docs.Item{
				{Term: "Signals", Meaning: "There is no SIGUSR1: nothing prints the connection table of a running restail."},
				{Term: "stdout", Meaning: "When the reader goes away, restail notices at the next line that it writes, and not at once in a silent chat."},
				{Term: "Files", Meaning: "They are in the same folders, below `%USERPROFILE%` and not in `%APPDATA%`: `%USERPROFILE%\\.config\\restail\\config.json`. " +
					"`HOME`, `XDG_CONFIG_HOME` and `XDG_STATE_HOME` move them."},
				{Term: "`--token-command`", Meaning: "A backslash is an escape: write `C:/tools/token.exe`, or put the path in single quotes. For a pipe or a variable run `cmd /c \"...\"`."},
				{Term: "`serve`", Meaning: "Prints `set` instead of `export`."},
			}},
		},
	}
}
