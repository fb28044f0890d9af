//go:build linux

package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"

	"github.com/restail/restail/scripts/wire"
)

// A trial is a restail with its own backoff, against a service that always does the
// same.
type trial struct {
	name        string
	first, next string // what the first and each further dial gets: 401, 1008 or an action
	status      int    // of restail; -1 when it goes on after 45 s
	least, most int    // dials
}

var trials = []trial{
	{"close 1008 before any action is a refused token", "1008", "1008", 3, 1, 1},
	{"the second 401 after a reconnect is a refused token", "action", "401", 3, 3, 3},
	// The limit of the wait doubles from 2s, with full jitter: these are some seven dials.
	{"a link that ends after one action is redialled ever more slowly", "action", "action", -1, 3, 15},
}

// run runs the trial and returns what is wrong.
func (t trial) run() string {
	var dials atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if dials.Add(1) == 1 {
			answer(t.first, w, r)
		} else {
			answer(t.next, w, r)
		}
	}))
	defer server.Close()
	c := &client{}
	if err := c.start(server.URL); err != nil {
		return err.Error()
	}
	defer time.AfterFunc(45*time.Second, func() { c.process.Process.Kill() }).Stop()
	io.Copy(io.Discard, c)
	c.process.Wait()
	n, status := int(dials.Load()), c.process.ProcessState.ExitCode()
	if status != t.status || n < t.least || n > t.most {
		return fmt.Sprintf("no: status %d after %d dials", status, n)
	}
	return ""
}

func answer(with string, w http.ResponseWriter, r *http.Request) {
	if with == "401" {
		http.Error(w, "no such token", http.StatusUnauthorized)
		return
	}
	conn, from, err := wire.Accept(w, r)
	if err != nil {
		return
	}
	defer conn.Close()
	out := wire.AppendClose(nil, 1008, "no such token")
	if with == "action" {
		out = wire.AppendClose(wire.AppendFrame(nil, wire.Text, []byte(half)), 1001, "")
	}
	conn.Write(out)
	io.Copy(io.Discard, from)
}
