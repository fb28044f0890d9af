package cmd

import (
	"strconv"

	"github.com/restail/restail/cmd/docs"
)

// helpExamples is how many of the examples help shows; the manual page shows all.
const helpExamples = 3

// examples are command lines to start from.
var examples = []docs.Item{
	{Term: "restail demo -o text", Meaning: "Watch the built-in show."},
	{Term: "restail -o text -p twitch,youtube", Meaning: "Watch the chats of two platforms."},
	{Term: "restail -f .is_first -o text", Meaning: "Meet first-time chatters."},
	{Term: "restail -a event --fields time,platform,author,text", Meaning: "Write what a script needs, and no more."},
	{Term: "restail -o text -f 'select(.amount) | [.author, .amount, .currency] | @csv'", Meaning: "Keep a table of donations."},
	{Term: "restail -o raw > show.raw", Meaning: "Record a broadcast; `restail replay show.raw` runs it again through any format and filter."},
	{Term: "restail connections || echo 'not everything is connected'", Meaning: "Check the connections before going live."},
}

// help returns what prints help in env.
func help(env Env) docs.Help {
	width, _ := strconv.Atoi(env.getenv("COLUMNS")) // the terminal's without it
	return docs.Help{
		Examples: examples[:helpExamples],
		More:     "restail tail --help shows the flags of restail itself, restail COMMAND --help those of a command, and restail man prints the manual page.",
		Flags:    "Every long flag can be set in the environment too, as RESTAIL_MAX_FRAME for --max-frame, and in ~/.config/restail/config.json.",
		Width:    width,
	}
}
