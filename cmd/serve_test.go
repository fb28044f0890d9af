package cmd

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/coder/websocket"
)

// serving is a `restail serve` that runs.
type serving struct {
	url, api string
	stop     func() result
}

// startServe runs `restail serve` until it is ready.
func startServe(t *testing.T, environ []string, args ...string) serving {
	t.Helper()
	ready, stdout := io.Pipe()
	var stderr syncBuffer
	signals := make(chan os.Signal, 1)
	ended := make(chan int, 1)
	go func() {
		ended <- Run(t.Context(), append([]string{"serve"}, args...), Env{
			Stdin: strings.NewReader(""), Stdout: stdout, Stderr: &stderr, Environ: environ, Signals: signals,
		})
		stdout.Close()
	}()
	written := make([]byte, 200)
	n, err := ready.Read(written)
	if err != nil {
		t.Fatalf("serve is not ready: %v\n%s", err, stderr.String())
	}
	s := serving{stop: func() result {
		signals <- syscall.SIGTERM
		return result{<-ended, string(written[:n]), stderr.String()}
	}}
	command := "export "
	if runtime.GOOS == "windows" {
		command = "set "
	}
	url, api, _ := strings.Cut(string(written[:n]), "\n")
	s.url, s.api = strings.TrimPrefix(url, command+"RESTAIL_URL="), strings.TrimSuffix(strings.TrimPrefix(api, command+"RESTAIL_API_URL="), "\n")
	if s.url != "ws"+strings.TrimPrefix(s.api, "http")+"/ws" || !strings.HasPrefix(s.api, "http://127.0.0.1:") {
		t.Fatalf("serve wrote %q", written[:n])
	}
	return s
}

// dialStatus returns the HTTP status of a handshake.
func (s serving) dialStatus(t *testing.T, token string) int {
	t.Helper()
	ws, resp, err := websocket.Dial(t.Context(), s.url+"?accessToken="+token, nil)
	if err == nil {
		ws.CloseNow()
	}
	if resp == nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}

func TestServeAnswersLoopbackHostsOnly(t *testing.T) {
	t.Parallel()
	s := startServe(t, nil)
	for host, want := range map[string]int{"rebound.example:80": http.StatusForbidden, "localhost:80": http.StatusUpgradeRequired} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, s.api+"/ws?accessToken=t", nil)
		r.Host = host
		resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("Host %s: status %d", host, resp.StatusCode)
		}
	}
	s.stop().want(t, 143)
}

// RESTAIL_TOKEN does not set --token. It looks like the variable of the user's own access
// token, which must not become the token of a local server.
func TestServeTokenIsNotAVariable(t *testing.T) {
	t.Parallel()
	s := startServe(t, []string{"RESTAIL_TOKEN=hunter2"})
	if got := s.dialStatus(t, "any"); got != http.StatusSwitchingProtocols {
		t.Errorf("any token: status %d", got)
	}
	if got := s.dialStatus(t, ""); got != http.StatusUnauthorized {
		t.Errorf("no token: status %d", got)
	}
	s.stop().want(t, 143)
	s = startServe(t, nil, "--token=hunter2")
	if got := s.dialStatus(t, "any"); got != http.StatusUnauthorized {
		t.Errorf("another token: status %d", got)
	}
	if got := s.dialStatus(t, "hunter2"); got != http.StatusSwitchingProtocols {
		t.Errorf("the token: status %d", got)
	}
	s.stop().want(t, 143)
}

// The history endpoint serves the chat of a recording, to the token that serve accepts.
func TestServeHistory(t *testing.T) {
	t.Parallel()
	var text, want strings.Builder
	for i := range 1200 {
		fmt.Fprintf(&text, `{"action":"event","payload":{"eventId":%q,"eventPayload":{"text":"%d"},"eventTypeId":5},"timestamp":%d}`+"\n", broadcastA, i, 1740152273+i)
		fmt.Fprintf(&want, `{"text":"%d"}`+"\n", i)
	}
	s := startServe(t, nil, recordingFile(t, text.String()), "--token=good")
	a := &historyAPI{url: s.api}
	a.runAs(t, "wrong").want(t, statusUnauthorized)
	if got := a.run(t, "--fields", "text"); got.status != statusDone || got.stdout != want.String() {
		t.Errorf("status %d, %s\n%s", got.status, firstDifference(want.String(), got.stdout), got.stderr)
	}
	s.stop().want(t, 143)
}

// recordingFile writes a recording.
func recordingFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "show.raw")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// Of a recording that a crash cut, serve plays the actions. It skips the other lines, and
// actions that are too large.
func TestServeSkipsLines(t *testing.T) {
	t.Parallel()
	const one, two = `{"action":"one"}`, `{"action":"two"}`
	for text, says := range map[string]string{
		`{"action":"heartbeat","payload":"` + strings.Repeat("x", 2000) + `"}` + "\n" + one + "\n" + two + "\n": "skipped 1 frame larger than --max-frame",
		"\ufeff" + `{"restail":"link","time":"2026-11-28T19:30:00Z","status":"connected"}` + "\n" +
			one + "\nbroken\n" + `{"restail":"unrecorded","time":"2026-11-28T19:30:00Z","seconds":1,"actions":2}` + "\n" +
			"\x00\x00" + two + "\n" + `{"action":"thr`: "skipped 2 lines without an action",
	} {
		s := startServe(t, nil, recordingFile(t, text), "--max-frame=1KiB")
		ws, _, err := websocket.Dial(t.Context(), s.url+"?accessToken=t", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{one, two} {
			if _, frame, err := ws.Read(t.Context()); err != nil || string(frame) != want {
				t.Errorf("got %.100q, %v, want %s", frame, err, want)
			}
		}
		ws.CloseNow()
		s.stop().want(t, 143, says)
	}
}

// The error for a port that is in use says what to do.
func TestServeOnAPortInUse(t *testing.T) {
	t.Parallel()
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	address := busy.Addr().String()
	got := restail(t, "", "serve", "--listen", address)
	got.want(t, 1, "cannot listen on "+address+": ", "choose another port with --listen")
	if strings.Contains(got.stderr, "bind") {
		t.Errorf("the error has names of the implementation: %s", got.stderr)
	}
}

func TestServeRefusesOtherFiles(t *testing.T) {
	t.Parallel()
	restail(t, "", "serve", "../LICENSE").want(t, 1, "no line of ../LICENSE is an action", "a recording made with -w or -o raw")
	restailOn(t, "LICENSE", "serve", "-").want(t, 1, "no line of stdin is an action")
	restail(t, "", "serve", recordingFile(t, "\xff\xfe{\x00")).want(t, 2, "text in UTF-16", "iconv")
}

// In the middle of the show every client is cut without a close frame, and refused from
// then on.
func TestServeOutage(t *testing.T) {
	t.Parallel()
	s := startServe(t, nil, "--outage=10h", "--speed=100")
	ws, _, err := websocket.Dial(t.Context(), s.url+"?accessToken=t", nil)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, _, err = ws.Read(t.Context())
	}
	if code := websocket.CloseStatus(err); code != -1 {
		t.Errorf("cut with close code %d", code)
	}
	restail(t, s.url, "--no-reconnect").want(t, statusGivenUp, "503")
	s.stop().want(t, 143)
}

// A small gzip file that unpacks to 130 MiB is refused.
func TestServeRefusesAGzipBomb(t *testing.T) {
	t.Parallel()
	bomb := strings.Repeat(gzipText(strings.Repeat("\x00", 1<<20)), 130)
	restailOn(t, bomb, "serve", "-").want(t, statusUsage, "128 MiB", "head -n")
}
