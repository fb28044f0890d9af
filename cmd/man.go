package cmd

import "github.com/restail/restail/cmd/docs"

// manCommand prints the manual page.
type manCommand struct{}

// Run writes the page: what the grammar knows, then the other sections.
func (c *manCommand) Run(r *run) error {
	exit := docs.Section{Title: "Exit status", Items: statusItems()}
	model, err := r.model()
	if err != nil {
		return err
	}
	return writeError(docs.Man(r.Stdout, model,
		streams, filters, environmentVariables, files, onWindows, exit, docs.FieldSection(),
		docs.Section{Title: "Examples", Items: examples},
		docs.Section{Title: "See also", Text: "`jq`(1), whose language the filters are written in; `tail`(1), `journalctl`(1)"},
	))
}

// statusItems returns the exit statuses as items of a section or table.
func statusItems() []docs.Item {
	items := make([]docs.Item, len(statuses))
	for i, s := range statuses {
		items[i] = docs.Item{Term: s.status, Meaning: s.meaning}
	}
	return items
}

var streams = docs.Section{Title: "Streams and signals", Items: []docs.Item{
	{Term: "stdout", Meaning: "Data and nothing else: one record a line, flushed as soon as nothing more is waiting. The output never ends in the middle of a line."},
	{Term: "stderr", Meaning: "Errors, and status lines that say what changed: connections, the link, broken frames. `--status` chooses their form."},
	{Term: "SIGUSR1, SIGINFO", Meaning: "Print the connection table and the counters on stderr, and go on."},
	{Term: "SIGHUP, SIGINT, SIGTERM", Meaning: "Close the socket, write what was received, and exit with status 129, 130 or 143. A second signal exits at once."},
}}

var filters = docs.Section{
	Title: "Filters",
	Text: "`--filter` runs a jq program on each record. An error of the program concerns one record: it is reported once and the stream goes on. " +
		"A program that takes more than 256 MiB for one record is stopped, but a single operation can take more before that.",
	Items: []docs.Item{
		{Term: "`false`, `null`, `empty`", Meaning: "Drop the record."},
		{Term: "`true`", Meaning: "Lets the record pass. Any other output is written in its place."},
		{Term: "`$raw`", Meaning: "The action as the service sent it."},
		{Term: "`$ENV`, `$NAME`", Meaning: "The environment, and what `--arg` binds."},
		{Term: "`halt`", Meaning: "Ends the run with status 0."},
		{Term: "`halt_error`, `halt_error(N)`", Meaning: "Ends the run with status 5, or N, and prints its input on stderr."},
	},
}

var environmentVariables = docs.Section{
	Title: "Environment",
	Text: "Every long flag has a variable, `RESTAIL_MAX_FRAME` for `--max-frame`, but `--help`, `--version` and the `--token` of `serve`. " +
		"A flag beats its variable, which beats the configuration file.",
	Items: []docs.Item{
		{Term: "`RESTREAM_ACCESS_TOKEN`", Meaning: "The access token. `--token-file` beats it; it beats `--token-command` and the stored login."},
		{Term: "`RESTREAM_CLIENT_ID`, `RESTREAM_CLIENT_SECRET`", Meaning: "The application that `login` uses; without them it asks."},
		{Term: "`XDG_CONFIG_HOME`, `XDG_STATE_HOME`", Meaning: "The folders of the files below, instead of `~/.config` and `~/.local/state`."},
		{Term: "`TZ`", Meaning: "The time zone of `-o text`: a name such as `Europe/Berlin`, or a zoneinfo file. Rules such as `CET-1CEST` are refused."},
		{Term: "`NO_COLOR`, `TERM`", Meaning: "No colours when the first is set or the second is `dumb`, unless `--color=always`."},
	},
}

var files = docs.Section{Title: "Files", Items: []docs.Item{
	{Term: "`~/.config/restail/config.json`", Meaning: "Defaults of flags, under their long names: `{\"format\": \"text\", \"max-frame\": \"1MiB\"}`. An unknown name is an error."},
	{Term: "`~/.local/state/restail/token.json`", Meaning: "The tokens that `login` stored, readable by their owner alone. Any number of processes can share it."},
}}

var onWindows = docs.Section{Title: "Windows", Items: []docs.Item{
	{Term: "Signals", Meaning: "There is no SIGUSR1: nothing prints the connection table of a running restail."},
	{Term: "stdout", Meaning: "When the reader goes away, restail notices at the next line that it writes, and not at once in a silent chat."},
	{Term: "Files", Meaning: "They are in the same folders, below `%USERPROFILE%` and not in `%APPDATA%`: `%USERPROFILE%\\.config\\restail\\config.json`. " +
		"`HOME`, `XDG_CONFIG_HOME` and `XDG_STATE_HOME` move them."},
	{Term: "`--token-command`", Meaning: "A backslash is an escape: write `C:/tools/token.exe`, or put the path in single quotes. For a pipe or a variable run `cmd /c \"...\"`."},
	{Term: "`serve`", Meaning: "Prints `set` instead of `export`."},
}}
