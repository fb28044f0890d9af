package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"
)

// A book is what restail wrote.
type book struct {
	times          map[int]int // how often each action came
	received       int
	disorder       int // actions that came after a later one
	strange        int // lines that are neither an action nor news of the link
	lost, restored int
}

// read reads restail's output to its end, and dawdles now and then.
func read(r io.Reader) *book {
	b := &book{times: map[int]int{}}
	latest := -1
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for n := 0; lines.Scan(); n++ {
		if n%5000 == 4999 {
			time.Sleep(300 * time.Millisecond)
		}
		var line struct {
			Action  string `json:"action"`
			Status  string `json:"status"`
			EventID string `json:"event_id"`
		}
		err := json.Unmarshal(lines.Bytes(), &line)
		id, notNumber := strconv.Atoi(line.EventID)
		switch {
		case err == nil && line.Action == "link":
			b.link(line.Status)
		case err != nil || notNumber != nil:
			b.strange++
			fmt.Printf("a strange line: %.200q\n", lines.Text())
		default:
			b.times[id]++
			b.received++
			if id < latest {
				b.disorder++
			}
			latest = id
		}
	}
	return b
}

func (b *book) link(status string) {
	switch status {
	case "lost":
		b.lost++
	case "restored", "connected":
		b.restored++
	}
	// It comes up first, then is lost and restored in turn; the first dial may
	// fail, too.
	if behind := b.restored - b.lost; behind < -1 || behind > 1 {
		b.strange++
		fmt.Printf("%s after %d times up and %d times lost\n", status, b.restored, b.lost)
	}
}

// memory is the most that the program had resident, in KiB.
type memory struct{ first, second int }

// watch samples the memory of a process until the result is called.
func watch(pid int) func() memory {
	var samples []int
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
			}
			if size := resident(pid); size > 0 {
				samples = append(samples, size)
			}
		}
	}()
	return func() memory {
		close(stop)
		<-stopped
		var m memory
		for n, size := range samples {
			if n < len(samples)/2 {
				m.first = max(m.first, size)
			} else {
				m.second = max(m.second, size)
			}
		}
		return m
	}
}

// resident reads the resident set of a process, in KiB; 0 when it is gone.
func resident(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	var total, pages int
	fmt.Sscan(string(text), &total, &pages)
	return pages * os.Getpagesize() / 1024
}
