package cmd

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
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
	for host, want := range map[string][]int{"rebound.example": {403, 403}, "rebound.example:80": {403, 403}, "localhost:80": {426, 200}} {
		for i, path := range []string{"/ws?accessToken=t", "/v2/user/events/in-progress"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, s.api+path, nil)
			r.Host = host
			r.Header.Set("Authorization", "Bearer t")
			resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != want[i] {
				t.Errorf("Host %s, %s: status %d", host, path, resp.StatusCode)
			}
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

// The history endpoint serves the chat of a recording in pages.
func TestServeHistory(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "show.raw")
	var text strings.Builder
	for i := range 250 {
		fmt.Fprintf(&text, `{"action":"event","payload":{"eventId":"b","eventPayload":{"text":"%d"},"eventTypeId":5},"timestamp":%d}`+"\n", i, 1740152273+i)
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startServe(t, nil, file, "--token=hunter2")
	get := func(token, path string, v any) (status int) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.api+"/v2/user/events/"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
			t.Error(err)
		}
		return resp.StatusCode
	}
	var refused any
	if status := get("wrong", "in-progress", &refused); status != http.StatusUnauthorized {
		t.Errorf("another token: status %d", status)
	}
	var events []struct{ ID string }
	if get("hunter2", "in-progress", &events); len(events) != 1 || events[0].ID != "b" {
		t.Fatalf("in progress: %+v", events)
	}
	var got, want []string
	for pages, token := 0, ""; pages == 0 || token != ""; pages++ {
		var page struct {
			Messages      []struct{ Text string }
			NextPageToken string
		}
		get("hunter2", "b/chat/history?pageToken="+token, &page)
		for _, m := range page.Messages {
			got = append(got, m.Text)
		}
		token = page.NextPageToken
	}
	for i := range 250 {
		want = append(want, strconv.Itoa(i))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	s.stop().want(t, 143)
}

func TestServeSkipsLargeFrames(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "show.raw")
	text := `{"action":"heartbeat","payload":"` + strings.Repeat("x", 2000) + `"}` + "\n" + `{"action":"heartbeat","payload":{}}` + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startServe(t, nil, file, "--max-frame=1KiB")
	ws, _, err := websocket.Dial(t.Context(), s.url+"?accessToken=t", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, frame, err := ws.Read(t.Context()); err != nil || string(frame) != `{"action":"heartbeat","payload":{}}` {
		t.Errorf("the first frame is %.100q, %v", frame, err)
	}
	ws.CloseNow()
	s.stop().want(t, 143, "skipped 1 frame larger than --max-frame")
}

// Of a recording that a crash cut, serve plays the actions and skips the other lines.
func TestServeSkipsOtherLines(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "show.raw")
	text := "\ufeff" + `{"restail":"link","time":"2026-11-28T19:30:00Z","status":"connected"}` + "\n" +
		`{"action":"one"}` + "\nbroken\n" + `{"restail":"unrecorded","time":"2026-11-28T19:30:00Z","seconds":1,"actions":2}` + "\n" +
		"\x00\x00" + `{"action":"two"}` + "\n" + `{"action":"thr`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startServe(t, nil, file)
	ws, _, err := websocket.Dial(t.Context(), s.url+"?accessToken=t", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`{"action":"one"}`, `{"action":"two"}`} {
		if _, frame, err := ws.Read(t.Context()); err != nil || string(frame) != want {
			t.Errorf("got %q, %v, want %s", frame, err, want)
		}
	}
	ws.CloseNow()
	s.stop().want(t, 143, "skipped 2 lines without an action")
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
	file := filepath.Join(t.TempDir(), "utf16.raw")
	if err := os.WriteFile(file, []byte("\xff\xfe{\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	restail(t, "", "serve", file).want(t, 2, "text in UTF-16", "iconv")
}

func TestServeOutage(t *testing.T) {
	t.Parallel()
	s := startServe(t, nil, "--outage=10s", "--speed=10")
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
	if got := s.dialStatus(t, "t"); got != http.StatusServiceUnavailable {
		t.Errorf("in the outage: status %d", got)
	}
	ran := restail(t, s.url, "-a", "connection_info", "-n", "1", "--max-backoff", "100ms")
	ran.want(t, 0, "cannot connect", "503", "link connected")
	s.stop().want(t, 143)
}

// A small gzip file that unpacks to 256 MiB is refused.
func TestServeRefusesAGzipBomb(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	packed, err := gzip.NewWriterLevel(&bomb, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	for zeros := make([]byte, 1<<20); err == nil && bomb.Len() < 256<<10; _, err = packed.Write(zeros) {
	}
	if err != nil || packed.Close() != nil {
		t.Fatal("cannot compress the zeros")
	}
	var stderr bytes.Buffer
	status := Run(context.Background(), []string{"serve", "-"}, Env{Stdin: &bomb, Stdout: io.Discard, Stderr: &stderr})
	result{status, "", stderr.String()}.want(t, statusUsage, "128 MiB", "head -n")
}
