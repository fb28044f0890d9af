package cmd

import (
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/restail/restail/decode"
	"github.com/restail/restail/format"
)

// grammar describes the command line to kong. Help, completion, the manual page, the
// environment variables of the flags and the keys of the configuration are derived
// from it.
type grammar struct {
	Tail        tailCommand        `cmd:"" default:"withargs" set:"retries=never" help:"Follow the live chat; plain restail does the same."`
	Replay      replayCommand      `cmd:"" help:"Run recordings through the same pipeline."`
	Check       checkCommand       `cmd:"" help:"Say whether recordings are whole."`
	History     historyCommand     `cmd:"" set:"retries=5" help:"Print the chat history of a broadcast."`
	Serve       serveCommand       `cmd:"" help:"Serve a recording or the built-in show on loopback."`
	Demo        demoCommand        `cmd:"" help:"Follow the built-in show: no account, no network."`
	Connections connectionsCommand `cmd:"" set:"retries=never" help:"Print which platforms are connected, then exit."`
	Login       loginCommand       `cmd:"" help:"Log in to Restream and store the tokens."`
	Logout      logoutCommand      `cmd:"" help:"Revoke the stored tokens and delete them."`
	Token       tokenCommand       `cmd:"" help:"Print a valid access token and nothing else."`
	Fields      fieldsCommand      `cmd:"" help:"List the fields of the record."`
	Completion  completionCommand  `cmd:"" help:"Print a shell's completion script."`
	Man         manCommand         `cmd:"" help:"Print the manual page."`
	Help        helpCommand        `cmd:"" help:"Print help for restail, a command or a topic."`
	Version     versionCommand     `cmd:"" help:"Print the version."`

	PrintVersion bool `name:"version" short:"V" help:"Print the version."`
}

// everyCommand makes newGrammar return the flags of all commands.
const everyCommand = "every command"

// newGrammar returns the grammar with the flags of one command only.
func newGrammar(command string) *grammar {
	g := new(grammar)
	for name, addFlags := range map[string]func(){
		"tail":        func() { g.Tail.tailFlags = new(tailFlags) },
		"replay":      func() { g.Replay.replayFlags = new(replayFlags) },
		"check":       func() { g.Check.checkFlags = new(checkFlags) },
		"history":     func() { g.History.historyFlags = new(historyFlags) },
		"demo":        func() { g.Demo.demoFlags = new(demoFlags) },
		"serve":       func() { g.Serve.serveFlags = new(serveFlags) },
		"connections": func() { g.Connections.connectionsFlags = new(connectionsFlags) },
		"login":       func() { g.Login.loginFlags = new(loginFlags) },
		"logout":      func() { g.Logout.apiFlags = new(apiFlags) },
		"token":       func() { g.Token.tokenFlags = new(tokenFlags) },
	} {
		if name == command || command == everyCommand {
			addFlags()
		}
	}
	return g
}

// outputFlags choose what stdout gets, and in which format.
type outputFlags struct {
	Format     string   `short:"o" enum:"${formats}" default:"ndjson" placeholder:"FORMAT" group:"output" help:"${formatMeanings}."`
	Filter     string   `short:"f" placeholder:"EXPR" group:"output" help:"Run a jq program on each record: false and null drop it, true lets it pass, anything else is written in its place."`
	FilterFile string   `placeholder:"FILE" words:"files" group:"output" help:"Read the jq program from a file."`
	Arg        bindings `placeholder:"NAME=VALUE" group:"output" help:"Bind $$NAME in the jq program. Can be repeated."`
	Action     nameList `short:"a" placeholder:"LIST" words:"actions" group:"output" help:"Actions to write, comma-separated, or all. Can be repeated. Default: all but ${hiddenActions}; in text ${textActions}."`
	Platform   nameList `short:"p" placeholder:"LIST" words:"platforms" group:"output" help:"Platforms to write, comma-separated. Can be repeated. Records without a platform are still written."`
	Fields     nameList `placeholder:"LIST" words:"fields" group:"output" help:"Write only these fields, in this order (ndjson); restail fields lists them. A record that has none of them is not written."`
	Color      string   `enum:"auto,always,never" default:"auto" placeholder:"WHEN" group:"output" help:"Colours in text: auto (only on a terminal), always or never. auto honours NO_COLOR and TERM=dumb."`
	Time       clock    `default:"local" placeholder:"CLOCK" words:"local,utc,none" group:"output" help:"The clock in text: local, utc, none, or a strftime layout such as %H:%M."`
}

// endFlags say when a run stops by itself.
type endFlags struct {
	Count   count    `short:"n" placeholder:"N" group:"end" help:"Stop after N lines. Link records are not counted."`
	Timeout duration `short:"t" placeholder:"DURATION" group:"end" help:"Stop this long after the start."`
	Idle    duration `placeholder:"DURATION" group:"end" help:"Stop when nothing was written for this long."`
}

// recordFlags say where to record to.
type recordFlags struct {
	Write string `short:"w" placeholder:"FILE" words:"files" group:"record" help:"Record everything that is received to FILE, whatever stdout shows. FILE is appended to; it is compressed when it ends in .gz, and can be a strftime layout such as %Y/%F.raw.gz."`
}

// stateFlags say where to save how far a run came.
type stateFlags struct {
	State string `placeholder:"FILE" words:"files" group:"record" help:"Save in FILE the time up to which the chat is complete, so that the next run states the gap between the runs."`
}

// backfillFlags say whether gaps are filled.
type backfillFlags struct {
	Backfill bool `group:"record" help:"After a gap, fetch the missed messages from Restream's chat history and write them between the live ones."`
}

// messageFlags choose the form of the messages on stderr.
type messageFlags struct {
	Status string `enum:"text,json,none" default:"text" placeholder:"FORM" group:"messages" help:"Status lines on stderr: text, json or none. Errors are always shown."`
	Quiet  bool   `short:"q" group:"messages" help:"The same as --status=none."`
}

// frameFlags limit the size of one message.
type frameFlags struct {
	MaxFrame size `default:"16MiB" placeholder:"SIZE" group:"link" help:"A larger message drops the connection; in a recording or the chat history it is skipped."`
}

// lineFlags limit the size of one line of a recording.
type lineFlags struct {
	MaxFrame size `default:"16MiB" placeholder:"SIZE" group:"link" help:"A larger line is skipped."`
}

// retryFlags say how to retry after a failure.
type retryFlags struct {
	MaxRetries *retries `placeholder:"N" group:"link" help:"Give up after N failed retries in a row. Default: ${retries}."`
	MaxBackoff duration `default:"60s" placeholder:"DURATION" group:"link" help:"The longest pause between two retries."`
}

// linkFlags say where to connect, and how to keep the connection up.
type linkFlags struct {
	URL       string `name:"url" default:"wss://chat.api.restream.io/ws" placeholder:"URL" group:"link" help:"The chat's endpoint. ws:// is for loopback only: the token travels on it."`
	Reconnect bool   `default:"true" negatable:"" group:"link" help:"Reconnect when the link is lost (default), or give up."`
	retryFlags
	HeartbeatTimeout duration `default:"60s" placeholder:"DURATION" group:"link" help:"Treat the link as dead when nothing arrives for this long."`
	Buffer           size     `default:"64MiB" placeholder:"SIZE" group:"link" help:"Memory for a slow reader; when it is full, reading from the socket pauses."`
	frameFlags
}

// tokenFlags say where the access token comes from. The token itself is never a flag,
// because every user of the machine can read the process list.
type tokenFlags struct {
	TokenFile    string `placeholder:"FILE" words:"files" group:"token" help:"Read the access token from a file, - for stdin."`
	TokenCommand string `placeholder:"COMMAND" group:"token" help:"Run a command that prints the access token. It runs again when the token is refused or has expired."`
	apiFlags
}

// apiFlags say where the API is.
type apiFlags struct {
	APIURL string `name:"api-url" default:"https://api.restream.io" placeholder:"URL" group:"token" help:"The API's endpoint. http:// is for loopback only."`
}

// paceFlags say how fast a recording is replayed.
type paceFlags struct {
	Speed speed `default:"max" placeholder:"FACTOR" words:"max" group:"pace" help:"max, or a factor of the recorded pace such as 1 or 10."`
}

// periodFlags choose a part of a recording by the time of its records.
type periodFlags struct {
	Since timePoint `placeholder:"TIME" group:"period" help:"Write the records from this time on: 2026-11-28T19:30:00Z, '2026-11-28 19:30', 19:30 on the day of the first action, or +1h30m after it."`
	Until timePoint `placeholder:"TIME" group:"period" help:"Write the records before this time; the same forms."`

	zone *time.Location
}

// outageFlags interrupt the show of serve and demo.
type outageFlags struct {
	Outage duration `placeholder:"DURATION" group:"serve" help:"Disconnect every client in the middle of the show, and refuse connections for this long, divided by --speed."`
}

// groups are the headings of the help, in order.
var groups = []kong.Group{
	{Key: "output", Title: "Output:"},
	{Key: "end", Title: "When to stop:"},
	{Key: "period", Title: "Period:"},
	{Key: "pace", Title: "Speed:"},
	{Key: "record", Title: "What is recorded:"},
	{Key: "link", Title: "Link:"},
	{Key: "token", Title: "Access token:"},
	{Key: "serve", Title: "Server:"},
	{Key: "messages", Title: "Messages on stderr:"},
}

// setZone loads the user's time zone if the text format shows it.
func (o *outputFlags) setZone(env Env) (err error) {
	if format.ByName(o.Format).ForPeople && o.Time.local {
		if o.Time.location, err = env.location(); err != nil {
			return usageError(err, zoneAdvice+", or use --time=utc")
		}
	}
	return nil
}

// conversationActions are what the text format writes by default: what people say.
// Status lines on stderr report the rest.
var conversationActions = nameList(decode.ActionNames(decode.InAll))

// hiddenActions are what the other formats leave out by default.
var hiddenActions = nameList(decode.ActionNames(decode.InNone))

// tableVars are the variables of the grammar that come from the tables of formats and
// actions.
func tableVars() kong.Vars {
	var names, meanings []string
	for _, f := range format.Formats {
		names = append(names, f.Name)
		meanings = append(meanings, f.Name+": "+f.Meaning)
	}
	return kong.Vars{
		"formats":        strings.Join(names, ","),
		"formatMeanings": strings.Join(meanings, "; "),
		"hiddenActions":  strings.Join(hiddenActions, ","),
		"textActions":    strings.Join(conversationActions, ","),
	}
}
