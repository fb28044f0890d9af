package cmd

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/restail/restail/cmd/serve"
)

// The exit status says whether all connections are up.
func TestConnections(t *testing.T) {
	t.Parallel()
	set := func(t *testing.T, frames ...string) string {
		actions := make([]serve.Action, len(frames))
		for i, frame := range frames {
			actions[i].Frame = []byte(frame)
		}
		return chat(t, serve.Options{Actions: actions})
	}
	info := func(id, status string) string {
		return `{"action":"connection_info","payload":{"connectionIdentifier":"1-twitch-` + id + `","connectionUuid":"` + id + `","eventSourceId":2,"reason":null,"status":"` + status + `","target":{"owner":{"displayName":"` + id + `","id":"9"}},"userId":1},"timestamp":1740152270}`
	}
	for _, test := range []struct {
		name   string
		frames []string
		status int
		want   string
	}{
		{"all connected", []string{info("a", "connected"), info("b", "connected")}, 0, "twitch    b"},
		{"one connecting", []string{info("a", "connected"), info("b", "connecting")}, 1, "connecting"},
		{"one closed", []string{info("a", "connected"), info("b", "error"), `{"action":"connection_closed","payload":{"connectionUuid":"b","reason":"removed"}}`}, 0, "twitch    a"},
		{"none", []string{}, 1, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			url := set(t, test.frames...)
			got := restail(t, url, "connections", "--settle", "100ms", "-q")
			if got.status != test.status || !strings.Contains(got.stdout, test.want) {
				t.Errorf("status %d:\n%s%s", got.status, got.stdout, got.stderr)
			}
			records := restail(t, url, "connections", "--settle", "100ms", "-q", "-o", "ndjson")
			if strings.Count(records.stdout, `"action":"connection_info"`) != strings.Count(got.stdout, "twitch ") {
				t.Errorf("the table and the records differ:\n%s%s", got.stdout, records.stdout)
			}
		})
	}
}

// The set of a lost link is not printed, because it may be out of date.
func TestConnectionsWhileTheLinkIsDown(t *testing.T) {
	t.Parallel()
	show := serve.New(serve.Options{Actions: serve.Show()[:1], CloseAtEnd: true})
	defer show.Shutdown(t.Context())
	var sockets atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if sockets.Add(1) > 1 {
			http.Error(w, "later", http.StatusServiceUnavailable)
			return
		}
		show.ServeHTTP(w, r)
	}))
	defer server.Close()
	url := "ws" + strings.TrimPrefix(server.URL, "http") + serve.Path
	got := restail(t, url, "connections", "--settle", "30s", "--max-retries", "3", "--max-backoff", "1ms", "-q")
	if got.status != statusGivenUp || got.stdout != "" {
		t.Errorf("status %d:\n%s%s", got.status, got.stdout, got.stderr)
	}
}
