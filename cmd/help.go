package cmd

import (
	"strconv"

	"github.com/alecthomas/kong"

	"github.com/restail/restail/cmd/docs"
)

// helpExamples is how many of the examples help shows; the manual page shows all.
const helpExamples = 2

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

// helpCommand prints help, as --help does.
type helpCommand struct {
	Command string `arg:"" optional:"" words:"commands" help:"The command to explain."`
}

// Run prints the help of the command, or that of the program.
func (c *helpCommand) Run(r *run) error {
	args := []string{"--help"}
	if c.Command != "" {
		args = []string{c.Command, "--help"}
	}
	parsed, _, err := parse(args, r.Env, new(configuration))
	if err != nil {
		return err
	}
	return writeError(parsed.PrintUsage(false))
}

// help returns what prints help in env.
func help(env Env) docs.Help {
	width, _ := strconv.Atoi(env.getenv("COLUMNS")) // the terminal's without it
	return docs.Help{
		Examples: examples[:helpExamples],
		More:     "restail tail --help lists the flags of plain restail, restail COMMAND --help those of a command. restail man prints the manual page.",
		Flags:    flagsElsewhere,
		Width:    width,
	}
}

// flagsElsewhere says where else the flags of a command can be set.
func flagsElsewhere(command *kong.Node) string {
	for _, flag := range command.Flags {
		if !commandLineOnly[flag.Name] {
			return "Long flags can also be set in the environment, as " + envName(flag.Name) + " for --" + flag.Name + ", and in ~/.config/restail/config.json."
		}
	}
	return ""
}
