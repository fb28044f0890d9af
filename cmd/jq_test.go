package cmd

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// unlikeJQ are the programs that restail answers otherwise than jq 1.7.1, and why.
var unlikeJQ = map[string]string{
	`.. | strings`:           "the keys of an object come in alphabetical order",
	`.[]`:                    "the keys of an object come in alphabetical order",
	`tostream | tojson`:      "the keys of an object come in alphabetical order",
	`keys_unsorted | length`: "there is no keys_unsorted: the order of keys is not kept",
	`[to_entries[] | select(.value == true) | .key]`: "the keys of an object come in alphabetical order",
	`[paths(type == "boolean")]`:                     "the keys of an object come in alphabetical order",
	`{b: 1, a: 2} | keys, to_entries[0].key, tojson`: "the keys of an object come in alphabetical order",
	`.author[0]?`:                               "a string can be indexed, and gives a character",
	`.text | indices("a")`:                      "indices count characters; jq 1.7 counts bytes, 1.8 characters",
	`.text | index("a"), rindex("a")`:           "indices count characters; jq 1.7 counts bytes, 1.8 characters",
	`.text | ltrimstr(1)`:                       "ltrimstr of what is no string is an error; jq passes it on",
	`ltrimstr("x") | type`:                      "ltrimstr of what is no string is an error; jq passes it on",
	`.source_id | exp10? | tostring | length`:   "large numbers have all their digits; jq writes an exponent",
	`[limit(-1; 1, 2)]?`:                        "a negative limit is an error, as in jq 1.8",
	`"abc" | test("B"; "ix"), test("a.c"; "s")`: "regular expressions are RE2's: there is no flag x",
	`{a: $__loc__.line}`:                        "not available in a filter",
	`input?`:                                    "not available in a filter",
}

// TestLikeJQ runs a corpus of programs on records of the show. Each must give what jq
// gives, or be one of unlikeJQ. Where jq 1.7 or later is installed, it is asked, and
// -update keeps sums of what it says; elsewhere the sums are compared. A later jq may
// have dropped a difference.
func TestLikeJQ(t *testing.T) {
	t.Parallel()
	records, err := os.ReadFile("testdata/corpus.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	corpus, err := os.ReadFile("testdata/corpus.jq")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("testdata/corpus.sums")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	for line := range strings.Lines(string(sums)) {
		sum, program, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		known[program] = sum
	}
	hasJQ, rest := newerThan16(), maps.Clone(unlikeJQ)
	var said strings.Builder
	count := 0
	for program := range strings.Lines(string(corpus)) {
		program = strings.TrimSpace(program)
		if program == "" || strings.HasPrefix(program, "#") {
			continue
		}
		count++
		got, want := ask(t, program, records), ""
		sum := known[program]
		if hasJQ {
			want = askJQ(t, program, records)
			sum = sumOf(want)
		}
		fmt.Fprintf(&said, "%s  %s\n", sum, program)
		why, differs := unlikeJQ[program]
		switch same := sumOf(got) == sum; {
		case !same && !differs && hasJQ:
			t.Errorf("%s\n%s", program, firstDifference(want, got))
		case !same && !differs:
			t.Errorf("%s\nis not what jq gives, but\n%s", program, got)
		case same && differs && sum == known[program]:
			t.Errorf("%s\nis what jq gives, and is said to differ: %s", program, why)
		}
		delete(rest, program)
	}
	if count < 300 || len(rest) > 0 {
		t.Errorf("%d programs; not among them: %v", count, rest)
	}
	if *update && hasJQ {
		if err := os.WriteFile("testdata/corpus.sums", []byte(said.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// newerThan16 reports whether jq is installed in a version that can be compared.
func newerThan16() bool {
	out, _ := exec.Command("jq", "--version").Output()
	var minor int
	_, err := fmt.Sscanf(string(out), "jq-1.%d", &minor)
	return err == nil && minor >= 7
}

func sumOf(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))[:12] }

// ask returns what restail gives for a program, as canonical JSON.
func ask(t *testing.T, program string, records []byte) string {
	t.Helper()
	return canonical(t, []byte(restailOn(t, string(records), "replay", "-q", "-a", "all", "--filter="+program, "-").stdout))
}

// askJQ returns what jq gives, with what restail makes of an output.
func askJQ(t *testing.T, program string, records []byte) string {
	t.Helper()
	jq := exec.Command("jq", "-c", ". as $record | ("+program+") | if . == true then $record elif . == null or . == false then empty else . end")
	jq.Env = append(os.Environ(), "TZ=UTC")
	jq.Stdin = bytes.NewReader(records)
	out, err := jq.Output() // an error of a record is a status too
	if len(out) == 0 && err != nil && jq.ProcessState == nil {
		t.Fatal(err)
	}
	return canonical(t, out)
}

// canonical writes JSON values with their keys in order, one a line.
func canonical(t *testing.T, text []byte) string {
	t.Helper()
	var out strings.Builder
	for decoder := json.NewDecoder(bytes.NewReader(text)); decoder.More(); {
		var value any
		if err := decoder.Decode(&value); err != nil {
			t.Fatal(err)
		}
		line, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%s\n", line)
	}
	return out.String()
}
