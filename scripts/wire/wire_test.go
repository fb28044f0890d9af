package wire

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// A library that is not ours reads what is written here, and is read here.
func TestFrames(t *testing.T) {
	lengths := []int{0, 125, 126, 65535, 65536}
	pong := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, from, err := Accept(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		out := AppendFrame(nil, Ping, []byte("are you there"))
		for _, n := range lengths {
			out = AppendFrame(out, Text, bytes.Repeat([]byte("x"), n))
		}
		out = AppendFrame(out, Text&^Fin, []byte("in "))
		out = AppendFrame(out, Fin|More, []byte("pieces"))
		conn.Write(AppendClose(out, 1001, "bye"))
		if first, payload, err := ReadFrame(from); err == nil && first == Pong {
			pong <- string(payload)
		}
		close(pong)
	}))
	defer server.Close()
	ws, _, err := websocket.Dial(context.Background(), "ws"+strings.TrimPrefix(server.URL, "http"), nil)
	if err != nil {
		t.Fatal(err)
	}
	ws.SetReadLimit(-1)
	for _, n := range lengths {
		if _, message, err := ws.Read(context.Background()); err != nil || len(message) != n {
			t.Fatalf("a message of %d bytes has %d, %v", n, len(message), err)
		}
	}
	if _, message, err := ws.Read(context.Background()); string(message) != "in pieces" {
		t.Errorf("%q, %v", message, err)
	}
	if _, _, err := ws.Read(context.Background()); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("the end is %v", err)
	}
	if got := <-pong; got != "are you there" {
		t.Errorf("the pong has %q", got)
	}
}
