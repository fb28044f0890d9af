package docs_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/restail/restail/cmd/docs"
	"github.com/restail/restail/decode/record"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// birds is a grammar that has each kind of command, argument and flag that
// restail's has.
type birds struct {
	Watch watch    `cmd:"" default:"withargs" help:"Watch the birds; plain birds does the same."`
	Play  play     `cmd:"" help:"Play a recording: [calls], 'songs' and \"cries\"."`
	Shell shell    `cmd:"" help:"Print a script."`
	Help  explain  `cmd:"" help:"Explain: a bird's \"command\"."`
	Nest  struct{} `cmd:"" help:"Do nothing. It says no more."`

	Version bool `help:"Print the version."`
}

type watch struct {
	output
	Reconnect bool   `default:"true" negatable:"" group:"link" help:"Keep the link up (default), or give up at its first loss."`
	Wait      string `default:"1m" placeholder:"DURATION" group:"link" help:"How long to wait."`
}

type play struct {
	Files []string `arg:"" optional:"" name:"file" words:"files" help:"The recordings."`
	output
}

type shell struct {
	Name   string `arg:"" enum:"bash,zsh" help:"Its name."`
	Format string `short:"o" enum:"long,short" default:"short" help:"How long it is."`
}

type explain struct {
	Command string `arg:"" optional:"" words:"commands,nesting" help:"The command or topic to explain."`
}

type output struct {
	Format     string   `short:"o" enum:"json,text" default:"json" group:"output" help:"json: one bird a line; text: one for \"people\". More of it."`
	Filter     string   `short:"f" placeholder:"EXPR" group:"output" help:"Runs [a] program: on each $bird, 'quoted' and \\ escaped."`
	FilterFile string   `placeholder:"FILE" words:"files" group:"output" help:"Read the program from a file."`
	Arg        []string `sep:"none" placeholder:"NAME=VALUE" group:"output" help:"Bind a name."`
	Action     string   `short:"a" placeholder:"LIST" words:"actions" group:"output" help:"Actions to write. Default: some."`
	Platform   string   `placeholder:"LIST" words:"platforms" group:"output" help:"Platforms to write."`
	Time       string   `words:"local,utc" default:"local" placeholder:"CLOCK" group:"output" help:"The clock, or a layout such as %H:%M."`
	Quiet      bool     `short:"q" help:"Say nothing."`
}

var groups = []kong.Group{{Key: "output", Title: "What is written:"}, {Key: "link", Title: "The link:"}}

// parser returns kong's parser of the grammar, which writes to w.
func parser(t *testing.T, grammar any, w *bytes.Buffer, options ...kong.Option) *kong.Kong {
	t.Helper()
	k, err := kong.New(grammar, append(options,
		kong.Name("birds"),
		kong.Description("Watch birds from the shell: those of the garden and of the pond, as they come and go all day."),
		kong.Writers(w, w), kong.Exit(func(int) {}), kong.ExplicitGroups(groups),
	)...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func model(t *testing.T) *kong.Application {
	return parser(t, &birds{}, &bytes.Buffer{}).Model
}

// golden compares with a file of testdata, or rewrites it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; -update rewrites it:\n%s", path, got)
	}
}

// find returns the path of a program, "" where it is not installed: what a
// test checks with it is then held by the golden files alone.
func find(t *testing.T, program string) string {
	path, err := exec.LookPath(program)
	if err != nil {
		t.Logf("%s is not installed here: only the text is checked", program)
		return ""
	}
	return path
}

func TestFields(t *testing.T) {
	items := docs.Fields().Items
	if len(items) != record.Count {
		t.Fatalf("%d items for %d fields", len(items), record.Count)
	}
	for i, want := range map[record.Field]docs.Item{
		record.TypeID: {Term: "`type_id` (number)", Meaning: "Restream's number for the event type (event)"},
		record.Time:   {Term: "`time` (string, always)", Meaning: record.Fields[record.Time].Meaning + " (every)"},
		record.Text:   {Term: "`text` (string, always for event)", Meaning: record.Fields[record.Text].Meaning + " (event, reply_created)"},
	} {
		if items[i] != want {
			t.Errorf("item %d is %q, not %q", i, items[i], want)
		}
	}
}

// files is a section that has everything a section can have.
var files = docs.Section{
	Title: "Files",
	Text:  ".birds, a 'file', and `more -x`:\n\nThe second paragraph has *stars* and a lone * star.",
	Items: []docs.Item{
		{Term: "`~/.birds`", Meaning: ".Where birds are kept: \\n is no line, … and ü."},
		{Term: "'`a|b`' ^ and more than fits beside a meaning", Meaning: "\"quoted\"\nand on the next line"},
	},
	Parts: []docs.Section{
		{Title: "A part", Text: "of it, with a `--flag`=*VALUE*."},
		{Title: "Another part", Items: []docs.Item{{Term: "`*`", Meaning: "a star, ♛"}}},
	},
}

func TestTopic(t *testing.T) {
	golden(t, "topic.txt", docs.Topic(files, 0)+"\n"+docs.Topic(files, 20))
}
