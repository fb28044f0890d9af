package cmd

import "github.com/restail/restail/cmd/docs"

// manCommand prints the manual page.
type manCommand struct{}

// Run writes the page: what the grammar tells, and what it does not.
func (c *manCommand) Run(r *run) error {
	exit := docs.Section{Title: "Exit status", Items: statusItems()}
	model, err := r.model()
	if err != nil {
		return err
	}
	return writeError(docs.Man(r.Stdout, model,
		streams, environmentVariables, files, exit, docs.FieldSection(),
		docs.Section{Title: "Examples", Items: examples},
		docs.Section{Title: "See also", Text: "`jq`(1), whose language the filters are written in; `tail`(1), `journalctl`(1)"},
	))
}

// statusItems returns the exit statuses for a section or a table.
func statusItems() []docs.Item {
	items := make([]docs.Item, len(statuses))
	for i, s := range statuses {
		items[i] = docs.Item{Term: s.status, Meaning: s.meaning}
	}
	return items
}

var streams = docs.Section{Title: "Streams and signals", Items: []docs.Item{
	{Term: "stdout", Meaning: "Data and nothing else: one record a line, flushed as soon as nothing more is waiting, and never a part of a line."},
	{Term: "stderr", Meaning: "What changed: connections, the link, frames that were broken. `--status` chooses the form."},
	{Term: "SIGUSR1, SIGINFO", Meaning: "Print the connection table and the counters on stderr, and go on."},
	{Term: "SIGINT, SIGTERM", Meaning: "Close the socket, write what was received, and end; the second signal ends at once."},
}}

var environmentVariables = docs.Section{
	Title: "Environment",
	Text: "Every long flag has a variable, `RESTAIL_MAX_FRAME` for `--max-frame`, but `--help`, `--version` and the `--token` of `serve`. " +
		"A flag beats its variable, and that beats the configuration.",
	Items: []docs.Item{
		{Term: "`RESTREAM_ACCESS_TOKEN`", Meaning: "The access token. `--token-file` beats it; it beats `--token-command` and the stored login."},
		{Term: "`RESTREAM_CLIENT_ID`, `RESTREAM_CLIENT_SECRET`", Meaning: "The application that `login` logs in with; without them it asks."},
		{Term: "`XDG_CONFIG_HOME`, `XDG_STATE_HOME`", Meaning: "Where the files below are, instead of `~/.config` and `~/.local/state`."},
		{Term: "`NO_COLOR`, `TERM`", Meaning: "No colours where the first is set or the second is `dumb`, unless `--color=always`."},
	},
}

var files = docs.Section{Title: "Files", Items: []docs.Item{
	{Term: "`~/.config/restail/config.json`", Meaning: "Defaults of flags, under their long names: `{\"format\": \"text\", \"max-frame\": \"1MiB\"}`. A name that is no flag is an error."},
	{Term: "`~/.local/state/restail/token.json`", Meaning: "The tokens of `login`, readable by their owner alone. Any number of processes share it."},
}}
