package cmd

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/restail/restail/cmd/serve"
	"github.com/restail/restail/decode/record"
)

// compileSchema returns what `restail fields --json-schema` prints.
func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	printed := restail(t, "", "fields", "--json-schema")
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(printed.stdout))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("record.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("record.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// The schema accepts the records of all recordings, of the golden files of decode, and of
// the built-in show, link records included.
func TestSchema(t *testing.T) {
	t.Parallel()
	schema := compileSchema(t)
	var lines strings.Builder
	goldens, err := filepath.Glob("../decode/testdata/*.txt")
	if err != nil || len(goldens) == 0 {
		t.Fatalf("no goldens of decode: %v", err)
	}
	for _, golden := range goldens {
		text, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		var frames strings.Builder
		for line := range strings.Lines(string(text)) {
			if frame, ok := strings.CutPrefix(line, "> "); ok {
				frames.WriteString(frame)
			}
		}
		lines.WriteString(restailOn(t, frames.String(), "replay", "-q", "-a", "all").stdout)
	}
	lines.WriteString(restail(t, "", "replay", "-q", "-a", "all", "testdata/mixed.raw").stdout)
	lines.WriteString(restail(t, chat(t, serve.Options{CloseAtEnd: true}), "-a", "all", "--max-retries=0").stdout)
	count := 0
	for line := range strings.Lines(lines.String()) {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s%v", line, err)
		}
		count++
	}
	if count < len(serve.Show()) {
		t.Errorf("only %d records were validated", count)
	}
}

// The schema refuses objects that are not records.
func TestSchemaRefuses(t *testing.T) {
	schema := compileSchema(t)
	for _, line := range []string{
		`{}`,
		`{"time":"2026-01-01T00:00:00Z"}`,
		`{"time":"yesterday","action":"heartbeat"}`,
		`{"time":"2026-01-01T00:00:00Z","action":""}`,
		`{"time":"2026-01-01T00:00:00Z","action":"event","type":"text","author":"a"}`,
		`{"time":"2026-01-01T00:00:00Z","action":"heartbeat","user_id":"1"}`,
		`{"time":"2026-01-01T00:00:00Z","action":"heartbeat","emotes":[]}`,
		`{"time":"2026-01-01T00:00:00Z","action":"heartbeat","emotes":[1]}`,
		`{"time":"2026-01-01T00:00:00Z","action":"heartbeat","later":{"an":"object"}}`,
	} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(value) == nil {
			t.Errorf("the schema takes %s", line)
		}
	}
}

// Every field is listed once, in the order of the record.
func TestFields(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSpace(restail(t, "", "fields").stdout), "\n")[1:]
	if len(lines) != record.Count {
		t.Fatalf("%d fields are listed, there are %d", len(lines), record.Count)
	}
	for i, line := range lines {
		if name := strings.Fields(line)[0]; name != record.Fields[i].Name {
			t.Errorf("line %d is %s, want %s", i, name, record.Fields[i].Name)
		}
	}
}

// A narrow table has the words of the wide one, and no line is wider than the terminal.
func TestFieldsAreWrapped(t *testing.T) {
	t.Parallel()
	words := func(text string) int { return len(strings.Fields(text)) }
	wide := said(t, nil, "fields")
	for _, width := range []int{200, 120, 80, 60} {
		text := said(t, []string{"COLUMNS=" + strconv.Itoa(width)}, "fields")
		if words(text) != words(wide) {
			t.Errorf("%d columns: %d words, want %d", width, words(text), words(wide))
		}
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimSpace(line)); n > width {
				t.Errorf("%d columns: a line of %d: %s", width, n, line)
			}
		}
	}
	for _, want := range []string{"time                string, always", "string, always for event", "event, connection, reply_created"} {
		if !strings.Contains(wide, want) {
			t.Errorf("%q is missing:\n%s", want, wide)
		}
	}
}
