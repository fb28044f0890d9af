package cmd

import (
	"fmt"
	"io"

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

// helpCommand prints help, as --help does, or a topic.
type helpCommand struct {
	Name string `arg:"" optional:"" name:"command|topic" words:"commands,record,filters,recordings,gaps,statuses,environment" help:"The command or topic to explain."`
}

// Run prints the help of the command, the topic, or the help of the program.
func (c *helpCommand) Run(r *run) error {
	if t := topicNamed(c.Name); t != nil {
		return r.explain(t)
	}
	args := []string{"--help"}
	if c.Name != "" {
		args = []string{c.Name, "--help"}
	}
	parsed, _, err := parse(args, r.Env, new(configuration))
	if err != nil {
		return err
	}
	return writeError(parsed.PrintUsage(false))
}

// topicAsked returns the topic that the command line asks for, nil when it asks
// for none. Like the help of a command, a topic is printed whatever the
// configuration says.
func topicAsked(args []string) (*topic, error) {
	if len(args) < 2 || args[0] != "help" || isFlag(args[1]) {
		return nil, nil
	}
	t := topicNamed(args[1])
	if t == nil && nearest(args[1], topicNames()) != "" {
		return nil, usageError(unknownError("topic", args[1], topicNames(), ""), "")
	}
	for _, more := range args[2:] {
		if t != nil && !isHelpFlag(more) {
			return nil, usageError(fmt.Errorf("unexpected argument %q: help explains one topic", more), "see restail help "+t.name)
		}
	}
	return t, nil
}

func isHelpFlag(arg string) bool { return arg == "-h" || arg == "--help" }

// explain prints a topic.
func (r *run) explain(t *topic) error {
	_, err := io.WriteString(r.Stdout, docs.Topic(t.section(), r.columns()))
	return writeError(err)
}

// help returns what prints help in env.
func help(env Env) docs.Help {
	return docs.Help{
		Examples: examples[:helpExamples],
		More:     "See also restail COMMAND --help, restail man, and restail help with a topic: " + joinOr(topicNames()) + ".",
		Flags:    flagsElsewhere,
		Width:    env.columns,
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
