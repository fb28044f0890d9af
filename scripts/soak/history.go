//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// broadcast is the id of the broadcast to which all messages belong.
const broadcast = "5f0c2ab1-33d9-4f6e-9a57-6e1f0d6c61a7"

// A chat has all messages of one service: those that it sent over the socket, and those
// that were said while the link was down. Messages are numbered from 0.
type chat struct {
	sync.Mutex
	at    []time.Time   // when each message was said
	asked time.Duration // when restail last asked for the history
}

// sinceAsked returns how long ago restail last asked for the history.
func (s *service) sinceAsked() time.Duration {
	s.chat.Lock()
	defer s.chat.Unlock()
	return s.now() - s.chat.asked
}

// say adds a message to the chat, and returns its number and time.
func (s *service) say() (id int, at time.Time) {
	s.chat.Lock()
	defer s.chat.Unlock()
	at = time.Now()
	s.chat.at = append(s.chat.at, at)
	return len(s.chat.at) - 1, at
}

// handler serves the chat socket and the chat history.
func (s *service) handler() http.Handler {
	const events = "/v2/user/events/"
	mux := http.NewServeMux()
	mux.Handle("/ws", s)
	mux.HandleFunc(events+broadcast+"/chat/history", s.history)
	mux.HandleFunc("/oauth/token", s.token)
	mux.HandleFunc(events+"in-progress", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `[{"id":%q}]`, broadcast) })
	return mux
}

// servedAt returns the time that the history has for a message: up to two seconds later.
func servedAt(id int, at time.Time) time.Time { return at.Add(time.Duration(id%3) * time.Second) }

// history serves the chat as Restream's chat history does.
func (s *service) history(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	next, _ := strconv.Atoi(query.Get("pageToken"))
	from, _ := strconv.ParseInt(query.Get("timestamp"), 10, 64)
	size, _ := strconv.Atoi(query.Get("pageSize"))
	s.chat.Lock()
	defer s.chat.Unlock()
	s.chat.asked = s.now()
	page := struct {
		Messages []map[string]any `json:"messages"`
		Next     *string          `json:"nextPageToken"`
	}{Messages: []map[string]any{}}
	for ; next < len(s.chat.at) && len(page.Messages) < size; next++ {
		if at := servedAt(next, s.chat.at[next]); at.Unix() >= from {
			page.Messages = append(page.Messages, map[string]any{
				"timestamp": at.UTC(), "platform": "Twitch", "author": "ann", "text": strconv.Itoa(next),
			})
		}
	}
	if next < len(s.chat.at) {
		token := fmt.Sprint(next)
		page.Next = &token
	}
	json.NewEncoder(w).Encode(page)
}
