package decode

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/restail/restail/decode/record"
)

// Every name in the tables is in the record's own lists.
func TestTablesUseKnownNames(t *testing.T) {
	for id, slug := range sources {
		if slug != "" && !record.Known(record.Platforms, slug) {
			t.Errorf("source %d is %q", id, slug)
		}
	}
	for _, action := range actionTypes {
		if !record.Known(record.Actions, action.name) {
			t.Errorf("%q is no action", action.name)
		}
	}
	meaning := record.Fields[record.Type].Meaning
	for id, kind := range eventTypes {
		if kind.name != "" && !strings.Contains(meaning, kind.name) {
			t.Errorf("type %d is %q", id, kind.name)
		}
	}
}

// The transcripts have every action, type and source, every platform's
// target, and every field of the record.
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
	for _, action := range record.Actions {
		if action.Name != "link" {
			want = append(want, action.Name)
		}
	}
	for id, kind := range eventTypes {
		if kind.name != "" {
			want = append(want, "type "+strconv.Itoa(id))
		}
	}
	for id, slug := range sources {
		if slug != "" {
			want = append(want, "source "+strconv.Itoa(id))
		}
		if slug != "" && slug != "restream" && slug != "rumble" { // Rumble's has a username only
			want = append(want, "target "+slug)
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

// Every documented reason has a sentence, and no other has one.
func TestReasons(t *testing.T) {
	for _, family := range []struct {
		action string
		table  reasons
		codes  []string
	}{
		{"connection_info", errorReasons, []string{"channel_added_manually", "discord_invalid_refresh_token", "event_not_started", "facebook_event_not_live", "internal", "restream_channel_connection_expired", "youtube_broadcast_completed", "youtube_livechat_ended"}},
		{"connection_closed", closeReasons, []string{"connection_establish_too_long", "expired", "internal", "removed", "replaced", "shutdown", "superseded"}},
		{"reply_failed", failureReasons, []string{"connection_in_error_state", "connection_not_established_yet", "discord_rate_limit", "dlive_api_send_message_rate_limit", "facebook_event_not_live", "internal"}},
		{"relay_failed", failureReasons, []string{"connection_in_error_state", "connection_not_established_yet", "discord_rate_limit", "dlive_api_send_message_rate_limit", "facebook_event_not_live", "internal"}},
	} {
		if got := slices.Sorted(maps.Keys(family.table)); !slices.Equal(got, family.codes) {
			t.Errorf("%s: codes %q, want %q", family.action, got, family.codes)
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
		t.Error("internal means the same in two places")
	}
}

// isPlainASCII: SetPlain is right for it.
func isPlainASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) < 0
}

// Only actions that report a failure have a reason.
func TestReasonOnlyWhereSomethingFailed(t *testing.T) {
	for _, action := range []string{"reply_created", "reply_accepted", "reply_confirmed", "relay_accepted", "relay_confirmed", "heartbeat", "event", "unheard_of"} {
		r, err := newDecoder().decode([]byte(`{"action":"` + action + `","payload":{"reason":"internal"}}`))
		if err != nil || r.Has(record.Reason) || r.Has(record.ReasonText) {
			t.Errorf("%s: %v, %s", action, err, marshal(r))
		}
	}
}
