package serve

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

func TestPlaysByteForByte(t *testing.T) {
	frames := []string{
		said("one", 1740152273),
		`{ "timestamp" : 1740152273, "action":"connection_info" ,"payload":null}`,
		"not JSON \x1b[31m",
		"broken \xff\xfe UTF-8",
		said(strings.Repeat("long ", 1<<18), 1740152274),
		said("end", 1740152275),
	}
	r := onLoopback(t, Options{Actions: actions(frames...), CloseAtEnd: true})
	for range 2 { // every client from the start
		got, status := readAll(t, r.dial(t))
		if !slices.Equal(got, frames) {
			t.Errorf("got %.300q", got)
		}
		if status != websocket.StatusNormalClosure {
			t.Errorf("closed with %v", status)
		}
	}
}

// TestForeignHost checks what a web page gets that let its own name resolve to this
// machine.
func TestForeignHost(t *testing.T) {
	chat := New(Options{Actions: []Action{}, Other: NewOAuth(OAuthOptions{})})
	server := httptest.NewServer(LoopbackOnly(chat))
	defer server.Close()
	defer chat.Shutdown(t.Context())
	for host, allowed := range map[string]bool{
		"localhost": true, "localhost:1": true, "127.0.0.1:80": true, "[::1]:8080": true, "127.1.2.3": true,
		"rebound.example": false, "rebound.example:8080": false, "127.0.0.1.rebound.example": false, "192.0.2.7": false,
	} {
		for _, path := range []string{Path + "?accessToken=hunter2", "/", EventsPath + "in-progress", LoginPath, TokenPath, RevokePath} {
			req, err := http.NewRequest(http.MethodGet, server.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = host
			if strings.HasPrefix(path, Path) {
				req.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
					"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"MDEyMzQ1Njc4OWFiY2RlZg=="}}
			}
			resp, err := server.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if got := resp.StatusCode != http.StatusForbidden; got != allowed {
				t.Errorf("Host %s, %s: status %d", host, path, resp.StatusCode)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	upgrade := map[string]string{"Connection": "Upgrade", "Upgrade": "websocket",
		"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg=="}
	from := func(origin string) map[string]string {
		header := map[string]string{"Origin": origin}
		for name, value := range upgrade {
			header[name] = value
		}
		return header
	}
	for _, c := range []struct {
		name, path string
		header     map[string]string
		token      string
		status     int
		says       string
	}{
		{"any token", "/ws?accessToken=hunter2", upgrade, "", 101, ""},
		{"the token", "/ws?accessToken=hunter2", upgrade, "hunter2", 101, ""},
		{"another token", "/ws?accessToken=hunter2", upgrade, "hunter3", 401, `"name":"invalid_token","statusCode":401`},
		{"a longer token", "/ws?accessToken=hunter2", upgrade, "hunter", 401, "invalid_token"},
		{"an empty token", "/ws?accessToken=", upgrade, "", 401, "invalid_token"},
		{"no token", "/ws", upgrade, "hunter2", 401, "invalid_token"},
		{"a browser's visit", "/ws?accessToken=hunter2", nil, "", 426, "this is a WebSocket endpoint"},
		{"a poor handshake", "/ws?accessToken=hunter2", map[string]string{"Connection": "Upgrade", "Upgrade": "websocket"}, "", 400, "unsupported WebSocket protocol version"},
		{"another path", "/wss?accessToken=hunter2", upgrade, "", 404, "the chat socket is /ws"},
		{"the root", "/", nil, "", 404, `"name":"not_found"`},
		{"a page of this machine", "/ws?accessToken=hunter2", from("http://localhost:3000"), "", 101, ""},
		{"a page of this machine by IPv6", "/ws?accessToken=hunter2", from("http://[::1]:3000"), "", 101, ""},
		{"a page from elsewhere", "/ws?accessToken=hunter2", from("https://localhost.example.com"), "", 403, "not authorized"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := onLoopback(t, Options{Actions: []Action{}, Token: c.token})
			req, err := http.NewRequest(http.MethodGet, r.url+c.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range c.header {
				req.Header.Set(name, value)
			}
			resp, err := r.client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != c.status {
				t.Errorf("status %d, want %d", resp.StatusCode, c.status)
			}
			if c.status == http.StatusSwitchingProtocols {
				return
			}
			text := body(t, resp.Body)
			if !strings.Contains(text, c.says) || strings.Contains(text, "hunter2") {
				t.Errorf("says %q, want %q and no token", text, c.says)
			}
			if resp.Header.Get("Content-Type") == "application/json" && !json.Valid([]byte(text)) {
				t.Errorf("not JSON: %s", text)
			}
		})
	}
}

func TestOtherPathsAndTokens(t *testing.T) {
	r := onLoopback(t, Options{
		Actions:    []Action{},
		Token:      "not asked for",
		Accept:     func(token string) bool { return token == "fresh" },
		CloseAtEnd: true,
		Other: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "other "+r.URL.Path)
		}),
	})
	resp, err := r.client.Get(r.url + "/oauth/token")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text := body(t, resp.Body); text != "other /oauth/token" {
		t.Errorf("got %q", text)
	}
	for token, status := range map[string]int{"fresh": 101, "stale": 401, "not asked for": 401} {
		ws, resp, err := websocket.Dial(t.Context(), r.url+"/ws?accessToken="+strings.ReplaceAll(token, " ", "+"), nil)
		if resp == nil || resp.StatusCode != status {
			t.Errorf("%s: %v, %v; want %d", token, resp, err, status)
		}
		if err == nil {
			readAll(t, ws)
		}
	}
}

func TestShutdown(t *testing.T) {
	r := onLoopback(t, Options{Actions: actions(said("hello", 1740152273))})
	left := make(chan struct{})
	var clients []*websocket.Conn
	for range 3 {
		ws := r.dial(t)
		if got := read(t, ws); got != said("hello", 1740152273) {
			t.Errorf("got %s", got)
		}
		clients = append(clients, ws)
	}
	go func() {
		defer close(left)
		for _, ws := range clients {
			if frames, status := readAll(t, ws); status != websocket.StatusGoingAway || len(frames) > 0 {
				t.Errorf("closed with %v after %q", status, frames)
			}
		}
	}()
	if err := r.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	settles(t, "the clients' end", left)
	resp, err := r.client.Do(handshake(t, r))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("after the shutdown: %d", resp.StatusCode)
	}
}

func handshake(t *testing.T, r testServer) *http.Request {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, r.url+"/ws?accessToken=t", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
		"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"MDEyMzQ1Njc4OWFiY2RlZg=="}}
	return req
}

func TestWhatClientsSendIsIgnored(t *testing.T) {
	hello := said("hello", 1740152273)
	for name, o := range map[string]Options{
		"quiet":         {Actions: actions(hello)},
		"at full speed": {Actions: actions(hello), Loop: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := onLoopback(t, o)
			ws := r.dial(t)
			read(t, ws)
			for _, message := range []string{"", "hello?", strings.Repeat("x", 1<<20)} {
				if err := ws.Write(t.Context(), websocket.MessageText, []byte(message)); err != nil {
					t.Fatal(err)
				}
			}
			ctx, left := context.WithCancel(t.Context())
			go func() {
				defer left()
				readAll(t, ws)
			}()
			if err := ws.Ping(ctx); err != nil { // answered after the messages were read
				t.Error(err)
			}
			if err := r.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			settles(t, "the client's end", ctx.Done())
		})
	}
}

func TestSlowClientSlowsOnlyItself(t *testing.T) {
	frames := make([]string, 20_000)
	for i := range frames {
		frames[i] = said(strings.Repeat("many words ", 60), 1740152273+i)
	}
	r := onLoopback(t, Options{Actions: actions(frames...), CloseAtEnd: true})
	slow := r.dial(t)
	read(t, slow)
	for range 2 {
		if got, _ := readAll(t, r.dial(t)); !slices.Equal(got, frames) {
			t.Errorf("a fast client got %d of %d", len(got), len(frames))
		}
	}
	if got, status := readAll(t, slow); !slices.Equal(got, frames[1:]) || status != websocket.StatusNormalClosure {
		t.Errorf("the slow client got %d of %d more, closed with %v", len(got), len(frames)-1, status)
	}
}
