package cmd

import (
	"strings"
	"testing"
	"time"

	"github.com/restail/restail/cmd/serve"
)

// TestJunkKeepsNoLinkAlive has a broken server that goes on to send, but no
// actions.
func TestJunkKeepsNoLinkAlive(t *testing.T) {
	t.Parallel()
	actions := []serve.Action{{Frame: []byte(`{"action":"heartbeat","timestamp":1740152270}`)}}
	for at := time.Duration(0); at < 20*time.Second; at += 20 * time.Millisecond {
		actions = append(actions, serve.Action{At: at, Frame: []byte(`{"error":"no upstream"}`)})
	}
	url := chat(t, serve.Options{Actions: actions, Speed: 1})
	for _, args := range [][]string{{"-t", "10s"}, {"connections", "--settle", "10s"}} {
		got := restail(t, url, append(args, "--no-reconnect", "--heartbeat-timeout", "300ms")...)
		if want := "link lost (nothing received for 300ms)"; got.status != statusGivenUp || !strings.Contains(got.stderr, want) {
			t.Errorf("%v: status %d, and stderr lacks %q:\n%s", args, got.status, want, got.stderr)
		}
	}
}
