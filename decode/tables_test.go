package decode

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/restail/restail/decode/record"
)

// TestTablesAreConsistent checks that no two entries of a table are alike, and
// that every name is plain.
func TestTablesAreConsistent(t *testing.T) {
	seen := map[string]bool{}
	once := func(entry string) {
		if seen[entry] {
			t.Errorf("there are two of %s", entry)
		}
		seen[entry] = true
	}
	for _, a := range Actions {
		once("action " + a.Name)
		if a.Meaning == "" || a.origin == nil {
			t.Errorf("%s is incomplete", a.Name)
		}
	}
	types := regexp.MustCompile("[a-z_]+").FindAllString(record.Fields[record.Type].Meaning, -1)
	for _, p := range Platforms {
		once("platform " + p.Slug)
		once("name " + p.Name)
		if p.Color == 0 || p.HasChat() && len(p.sources) == 0 {
			t.Errorf("%s is incomplete", p.Slug)
		}
		for _, id := range p.sources {
			once("source " + strconv.Itoa(id))
		}
		for _, typ := range p.Types {
			once("type " + strconv.Itoa(typ.ID))
			if !slices.Contains(types, typ.Name) {
				t.Errorf("the meaning of the field type does not list %s", typ.Name)
			}
		}
		if !isPlainASCII(p.Slug) {
			t.Errorf("%q is not plain", p.Slug)
		}
	}
}

// TestPlatformsAreListed checks that Platforms has the platform of each file.
func TestPlatformsAreListed(t *testing.T) {
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var slugs []string
	for _, source := range sources {
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`var (\w+) = Platform\{`).FindAllSubmatch(text, -1) {
			slugs = append(slugs, string(found[1]))
			if source != string(found[1])+".go" {
				t.Errorf("%s is in %s", found[1], source)
			}
		}
	}
	for _, p := range Platforms {
		if at := slices.Index(slugs, p.Slug); at >= 0 {
			slugs = slices.Delete(slugs, at, at+1)
		} else if p.HasChat() {
			t.Errorf("%s has no file", p.Slug)
		}
	}
	for _, slug := range slugs {
		t.Errorf("Platforms does not list %s", slug)
	}
}

// TestTranscriptsAreComplete checks that the transcripts have every action,
// type and source, every platform's target, and every field of the record.
func TestTranscriptsAreComplete(t *testing.T) {
	seen := map[string]bool{}
	d := newDecoder()
	for _, frame := range frames(t) {
		r, err := d.decode(frame)
		if err != nil {
			continue
		}
		action := string(r.Bytes(record.Action))
		seen[action] = true
		seen["type "+string(r.Bytes(record.TypeID))] = true
		seen["source "+string(r.Bytes(record.SourceID))] = true
		if action == "connection_info" && r.Has(record.Channel) {
			seen["target "+string(r.Bytes(record.Platform))] = true
		}
		for f := range r.All {
			seen["field "+f.Name()] = true
		}
	}
	var want []string
	for _, name := range ActionNames() {
		if name != linkName {
			want = append(want, name)
		}
	}
	for _, p := range Platforms {
		for _, typ := range p.Types {
			want = append(want, "type "+strconv.Itoa(typ.ID))
		}
		for _, id := range p.sources {
			want = append(want, "source "+strconv.Itoa(id))
		}
		if p.HasChat() && p.Slug != rumble.Slug { // Rumble's has a username only
			want = append(want, "target "+p.Slug)
		}
	}
	ours := []record.Field{record.GapSeconds, record.Filled, record.Attempt, record.IsHistory} // not made from actions
	for f, definition := range record.Fields {
		if f := record.Field(f); !slices.Contains(ours, f) {
			want = append(want, "field "+definition.Name)
		}
	}
	for _, name := range want {
		if !seen[name] {
			t.Errorf("no transcript has %s", name)
		}
	}
}

// TestReasons checks that every documented reason has a sentence, and no other
// has one.
func TestReasons(t *testing.T) {
	for _, family := range []struct {
		action string
		codes  []string
	}{
		{"connection_info", []string{"channel_added_manually", "discord_invalid_refresh_token", "event_not_started", "facebook_event_not_live", "internal", "restream_channel_connection_expired", "youtube_broadcast_completed", "youtube_livechat_ended"}},
		{"connection_closed", []string{"connection_establish_too_long", "expired", "internal", "removed", "replaced", "shutdown", "superseded"}},
		{"reply_failed", []string{"connection_in_error_state", "connection_not_established_yet", "discord_rate_limit", "dlive_api_send_message_rate_limit", "facebook_event_not_live", "internal"}},
		{"relay_failed", []string{"connection_in_error_state", "connection_not_established_yet", "discord_rate_limit", "dlive_api_send_message_rate_limit", "facebook_event_not_live", "internal"}},
	} {
		var listed []string
		for _, n := range ReasonNames(family.action) {
			listed = append(listed, n.Name)
		}
		if !slices.Equal(listed, family.codes) {
			t.Errorf("%s: codes %q, want %q", family.action, listed, family.codes)
		}
		for _, code := range append(family.codes, "youtube_livechat_not_found") {
			r, err := newDecoder().decode([]byte(`{"action":"` + family.action + `","payload":{"reason":"` + code + `"}}`))
			if err != nil {
				t.Fatal(err)
			}
			if got := string(r.Bytes(record.Reason)); got != code {
				t.Errorf("%s: reason %q, want %q", family.action, got, code)
			}
			text := string(r.Bytes(record.ReasonText))
			if known := code != "youtube_livechat_not_found"; known != (text != "") {
				t.Errorf("%s: %s means %q", family.action, code, text)
			}
			if text != "" && (strings.Count(text, ".") != 1 || !strings.HasSuffix(text, ".") || !strings.Contains(text, ": ")) {
				t.Errorf("%s: %s is not one sentence of what it means and what to do: %q", family.action, code, text)
			}
			if !isPlainASCII(text) {
				t.Errorf("%s: %s is not plain: %q", family.action, code, text)
			}
		}
	}
	if errorReasons["internal"] == closeReasons["internal"] || closeReasons["internal"] == failureReasons["internal"] {
		t.Error("internal means the same in two tables")
	}
}

// isPlainASCII: SetPlain is right for it.
func isPlainASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) < 0
}

// TestReasonOnlyWhereSomethingFailed checks that only actions that report a
// failure have a reason.
func TestReasonOnlyWhereSomethingFailed(t *testing.T) {
	for _, action := range []string{"reply_created", "reply_accepted", "reply_confirmed", "relay_accepted", "relay_confirmed", "heartbeat", "event", "unheard_of"} {
		r, err := newDecoder().decode([]byte(`{"action":"` + action + `","payload":{"reason":"internal"}}`))
		if err != nil || r.Has(record.Reason) || r.Has(record.ReasonText) {
			t.Errorf("%s: %v, %s", action, err, marshal(r))
		}
	}
}
