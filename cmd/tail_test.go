package cmd

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restail/restail/cmd/serve"
	"github.com/restail/restail/cmd/session"
	"github.com/restail/restail/format"
)

// -o raw of the whole show gives what the server sent.
func TestRawIsWhatWasSent(t *testing.T) {
	t.Parallel()
	raw := restail(t, chat(t, serve.Options{CloseAtEnd: true}), "-o", "raw", "-a", "all", "--no-reconnect", "-q")
	var sent, got strings.Builder
	for _, action := range serve.Show() {
		sent.Write(append(action.Frame, '\n'))
	}
	for line := range strings.Lines(raw.stdout) {
		if !strings.HasPrefix(line, `{"restail":"link"`) {
			got.WriteString(line)
		}
	}
	if raw.status != statusGivenUp || got.String() != sent.String() {
		t.Errorf("status %d, and the output is not what was sent: %s", raw.status, firstDifference(sent.String(), got.String()))
	}
}

// Link records stand in order between the other records.
func TestLinkRecords(t *testing.T) {
	t.Parallel()
	url := chat(t, serve.Options{CloseAtEnd: true})
	got := restail(t, url, "--no-reconnect", "-f", `if .action == "link" then "\(.status) \(.reason)" else empty end`)
	want := "\"connected null\"\n\"lost closed\"\n\"ended closed\"\n"
	if got.stdout != want || got.status != statusGivenUp {
		t.Errorf("status %d, records %s", got.status, got.stdout)
	}
	twice := restail(t, url, "-a", "link", "-n", "1", "--max-retries", "1", "--max-backoff", "10ms", "--fields", "action,status,reason,attempt")
	want = `{"action":"link","status":"connected"}
{"action":"link","status":"lost","reason":"closed","attempt":1}
{"action":"link","status":"restored","attempt":2}
{"action":"link","status":"lost","reason":"closed","attempt":2}
{"action":"link","status":"ended","reason":"closed"}
`
	if twice.stdout != want || twice.status != statusGivenUp {
		t.Errorf("status %d, records\n%s", twice.status, twice.stdout)
	}
}

// A link record and its status line say the same. The status line rounds the gap itself,
// not the milliseconds of the record.
func TestLinkRecordAndStatusLine(t *testing.T) {
	at := time.Date(2026, 5, 1, 19, 4, 11, 999e6, time.FixedZone("", 2*60*60))
	for _, test := range []struct {
		link               session.LinkEvent
		fields, sign, told string
	}{
		{
			session.LinkEvent{Status: session.Connected, At: at, Attempt: 1},
			`"action":"link","status":"connected"`,
			"+", "link connected",
		}, {
			session.LinkEvent{Status: session.Lost, Reason: "rate_limited", At: at, Retry: 2100 * time.Millisecond},
			`"action":"link","status":"lost","reason":"rate_limited","attempt":0`,
			"~", "link lost (rate limited), retrying in 2.1s",
		}, {
			session.LinkEvent{Status: session.Restored, At: at, Gap: 59949500 * time.Microsecond, HasGap: true, Attempt: 2},
			`"action":"link","status":"restored","gap_seconds":59.95,"attempt":2`,
			"+", "link restored after 59.9s; chat sent meanwhile was missed",
		}, {
			session.LinkEvent{Status: session.Restored, At: at, Gap: 1234567 * time.Microsecond, HasGap: true, Attempt: 1},
			`"action":"link","status":"restored","gap_seconds":1.235,"attempt":1`,
			"+", "link restored after 1.2s; chat sent meanwhile was missed",
		}, {
			session.LinkEvent{Status: session.Ended, Reason: "closed", Detail: "bye", At: at, Attempt: 2},
			`"action":"link","status":"ended","reason":"closed"`, "", "",
		},
	} {
		r := linkRecord(&test.link)
		const when = `{"time":"2026-05-01T17:04:11Z",`
		if got, want := string(format.NDJSON{}.Record(nil, r, nil)), when+test.fields+"}\n"; got != want {
			t.Errorf("the record is\n%swant\n%s", got, want)
		}
		var got bytes.Buffer
		reportLink(format.NewStatus(&got, format.StatusText, time.Now), r, &test.link)
		reportLink(format.NewStatus(&got, format.StatusJSON, time.Now), r, &test.link)
		want := ""
		if test.told != "" {
			want = "restail: " + test.sign + " " + test.told + "\n" + when + `"kind":"link","message":"` + test.told + `",` + test.fields + "}\n"
		}
		if got.String() != want {
			t.Errorf("the status lines are\n%swant\n%s", &got, want)
		}
	}
}

// Frames that are not actions do not keep the link alive.
func TestBrokenFramesDoNotKeepTheLinkAlive(t *testing.T) {
	t.Parallel()
	actions := []serve.Action{{Frame: []byte(`{"action":"heartbeat","timestamp":1740152270}`)}}
	for at := time.Duration(0); at < 20*time.Second; at += 20 * time.Millisecond {
		actions = append(actions, serve.Action{At: at, Frame: []byte(`{"error":"no loopbackServer"}`)})
	}
	url := chat(t, serve.Options{Actions: actions, Speed: 1})
	for _, args := range [][]string{{"-t", "10s"}, {"connections", "--settle", "10s"}} {
		got := restail(t, url, append(args, "--no-reconnect", "--heartbeat-timeout", "300ms")...)
		if want := "link lost (nothing received for 300ms)"; got.status != statusGivenUp || !strings.Contains(got.stderr, want) {
			t.Errorf("%v: status %d, and stderr lacks %q:\n%s", args, got.status, want, got.stderr)
		}
	}
}

// A connection that the second socket does not announce is reported, even if the chat is
// silent.
func TestMissingConnection(t *testing.T) {
	t.Parallel()
	first := serve.New(serve.Options{Actions: serve.Show()[:2], CloseAtEnd: true})
	second := serve.New(serve.Options{Actions: serve.Show()[:1]})
	var sockets atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if sockets.Add(1) == 1 {
			first.ServeHTTP(w, r)
		} else {
			second.ServeHTTP(w, r)
		}
	}))
	defer func() {
		first.Shutdown(t.Context())
		second.Shutdown(t.Context())
		server.Close()
	}()
	url := "ws" + strings.TrimPrefix(server.URL, "http") + serve.Path
	got := restail(t, url, "-o", "text", "--max-backoff", "1ms", "-t", "5s")
	if strings.Count(got.stderr, " connected\n") != 3 || !strings.Contains(got.stderr, "gone") {
		t.Errorf("stderr says\n%s", got.stderr)
	}
}

// A connection that goes back to connecting is reported when it stays there.
func TestConnectionStaysConnecting(t *testing.T) {
	t.Parallel()
	info := func(uuid, status string) serve.Action {
		return serve.Action{Frame: []byte(`{"action":"connection_info","payload":{"connectionIdentifier":"1-twitch-a","connectionUuid":"` + uuid +
			`","eventSourceId":2,"status":"` + status + `","target":{"owner":{"displayName":"A","id":"9"}}},"timestamp":1740152270}`)}
	}
	flap := []serve.Action{info("1", "connected"), info("1", "connecting"), info("2", "connected")}
	for _, test := range []struct {
		actions []serve.Action
		want    []string
	}{
		{flap, []string{"+ twitch/A connected"}},
		{append(flap, info("2", "connecting")), []string{"+ twitch/A connected", "~ twitch/A connecting"}},
	} {
		t.Run(test.want[len(test.want)-1], func(t *testing.T) {
			t.Parallel()
			got := restail(t, chat(t, serve.Options{Actions: test.actions}), "-o", "text", "-t", "4s")
			want := "restail: + link connected\nrestail: " + strings.Join(test.want, "\nrestail: ") + "\n"
			if got.stderr != want {
				t.Errorf("stderr says\n%swant\n%s", got.stderr, want)
			}
		})
	}
}

// The body of an error answer cannot forge a line or move the cursor.
func TestErrorBodyIsEscaped(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string]string{
		"text": `: so \x1b[2J\u202e restail: forged`,
		"json": `: so \\x1b[2J\\u202e restail: forged`,
	} {
		a := newAccount(t, serve.OAuthOptions{})
		a.before = func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(500)
			io.WriteString(w, "so \x1b[2J\u202e\r\nrestail: forged\n")
			return true
		}
		a.environ = append(a.environ, "RESTREAM_ACCESS_TOKEN="+markedToken, "RESTAIL_STATUS="+mode)
		r := a.run(t, "--no-reconnect")
		if !strings.Contains(r.stderr, want) || strings.ContainsAny(r.stderr, "\x1b\u202e\r") || strings.Contains(r.stderr, "\nrestail: forged") {
			t.Errorf("%s: it says %q", mode, r.stderr)
		}
	}
}
