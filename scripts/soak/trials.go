//go:build linux

package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/restail/restail/scripts/wire"
)

// A trial is a restail that must do something once.
type trial struct {
	name  string
	limit time.Duration // then SIGKILL
	serve func(dial int, w http.ResponseWriter, r *http.Request)
	// judge returns what is wrong; status is -1 after the limit.
	judge func(dials, status int) string
}

var trials = []trial{
	{
		name: "close 1008 before any action is a refused token", limit: 10 * time.Second,
		serve: func(_ int, w http.ResponseWriter, r *http.Request) { answer(w, r, "", 1008) },
		judge: status(3),
	},
	{
		name: "a second 401 after a reconnect is a refused token", limit: 20 * time.Second,
		serve: func(dial int, w http.ResponseWriter, r *http.Request) {
			if dial > 1 {
				http.Error(w, "no", http.StatusUnauthorized)
				return
			}
			answer(w, r, half, 1001)
		},
		judge: status(3),
	},
	{
		name: "a link that ends after one action is not redialled at once", limit: 45 * time.Second,
		serve: func(_ int, w http.ResponseWriter, r *http.Request) { answer(w, r, half, 1001) },
		judge: func(dials, status int) string {
			// With a limit that doubles from 2s, and full jitter, these are some seven.
			if status != -1 || dials < 3 || dials > 15 {
				return fmt.Sprintf("%d dials, status %d", dials, status)
			}
			return ""
		},
	},
}

// answer grants the handshake, sends an action, if any, and a close frame.
func answer(w http.ResponseWriter, r *http.Request, action string, code int) {
	conn, from, err := wire.Accept(w, r)
	if err != nil {
		return
	}
	defer conn.Close()
	var out []byte
	if action != "" {
		out = wire.AppendFrame(out, wire.Text, []byte(action))
	}
	conn.Write(wire.AppendClose(out, code, "soak"))
	io.Copy(io.Discard, from)
}

func status(want int) func(dials, status int) string {
	return func(dials, status int) string {
		if status != want {
			return fmt.Sprintf("status %d instead of %d after %d dials", status, want, dials)
		}
		return ""
	}
}

// run runs the trial and returns what is wrong.
func (t trial) run() string {
	var mu sync.Mutex
	dials := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		dials++
		n := dials
		mu.Unlock()
		t.serve(n, w, r)
	}))
	defer server.Close()
	c := &client{}
	if err := c.start(*restail, server.URL); err != nil {
		return err.Error()
	}
	timer := time.AfterFunc(t.limit, func() { c.process.Process.Kill() })
	defer timer.Stop()
	if _, err := read(c); err != nil && !strings.Contains(err.Error(), "closed") {
		return err.Error()
	}
	c.process.Wait()
	mu.Lock()
	defer mu.Unlock()
	return t.judge(dials, c.process.ProcessState.ExitCode())
}
