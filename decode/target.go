package decode

import (
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/decode/scan"
)

// target is what a connection leads to. Each platform has its own few of these
// keys, and every key means the same wherever it stands, so that one set of
// rules serves them all: Twitch and DLive have an owner; YouTube an event and
// an owner; Facebook a liveVideo and a user or a page; Discord a channel and a
// server, and maybe the server's owner; LinkedIn a post and an organization or
// a user. What Trovo, X, Kick and Rumble have is documented nowhere.
type target struct {
	// The accounts, the one whose channel it is before others.
	channel, page, organization, user, owner account
	// The broadcasts: there is at most one.
	event, liveVideo, post broadcast

	serverID         scan.Value
	serverName       scan.Value
	websiteChannelID scan.Value
}

// readTarget reads a target. It is valid until the next one is read.
func (w *wire) readTarget() *target {
	t := &w.target
	*t = target{}
	for key, ok := w.Object(); ok; key, ok = w.Member() {
		switch string(key) {
		case "channel":
			t.channel.read(w)
		case "page":
			t.page.read(w)
		case "organization":
			t.organization.read(w)
		case "user":
			t.user.read(w)
		case "owner":
			t.owner.read(w)
		case "event":
			t.event.read(w)
		case "liveVideo":
			t.liveVideo.read(w)
		case "post":
			t.post.read(w)
		case "server":
			t.readServer(w)
		case "websiteChannelId":
			t.websiteChannelID = w.Value()
		default:
			w.Skip()
		}
	}
	return t
}

func (t *target) readServer(w *wire) {
	t.serverID, t.serverName = scan.Value{}, scan.Value{}
	for key, ok := w.Object(); ok; key, ok = w.Member() {
		switch string(key) {
		case "id":
			t.serverID = w.Value()
		case "name":
			t.serverName = w.Value()
		default:
			w.Skip()
		}
	}
}

// account is somebody's or something's page on a platform.
type account struct {
	displayName, name, username, id, url scan.Value
}

func (a *account) read(w *wire) {
	*a = account{}
	for key, ok := w.Object(); ok; key, ok = w.Member() {
		switch string(key) {
		case "displayName":
			a.displayName = w.Value()
		case "name":
			a.name = w.Value()
		case "username":
			a.username = w.Value()
		case "id":
			a.id = w.Value()
		case "url":
			a.url = w.Value()
		default:
			w.Skip()
		}
	}
}

// there tells whether the account says who it is or where.
func (a *account) there() bool {
	return says(a.displayName, record.String) || says(a.name, record.String) || says(a.username, record.String) ||
		says(a.id, record.ID) || says(a.url, record.String)
}

// broadcast is one stream on the platform.
type broadcast struct {
	id, title, url scan.Value
}

func (b *broadcast) read(w *wire) {
	*b = broadcast{}
	for key, ok := w.Object(); ok; key, ok = w.Member() {
		switch string(key) {
		case "id":
			b.id = w.Value()
		case "title":
			b.title = w.Value()
		case "url":
			b.url = w.Value()
		default:
			w.Skip()
		}
	}
}

func (b *broadcast) there() bool {
	return says(b.id, record.ID) || says(b.title, record.String) || says(b.url, record.String)
}

// putTarget writes the first account and the first broadcast that are there.
func (r *row) putTarget(t *target) {
	for _, a := range [...]*account{&t.channel, &t.page, &t.organization, &t.user, &t.owner} {
		if !a.there() {
			continue
		}
		r.putFirst(record.Channel, &a.displayName, &a.name)
		r.put(record.ChannelID, a.id)
		r.put(record.ChannelURL, a.url)
		if says(a.displayName, record.String) {
			r.putFirst(record.ChannelName, &a.name, &a.username)
		} else {
			r.put(record.ChannelName, a.username)
		}
		break
	}
	for _, b := range [...]*broadcast{&t.event, &t.liveVideo, &t.post} {
		if b.there() {
			r.put(record.BroadcastID, b.id)
			r.put(record.BroadcastTitle, b.title)
			r.put(record.BroadcastURL, b.url)
			break
		}
	}
	r.put(record.Server, t.serverName)
	r.put(record.ServerID, t.serverID)
	r.put(record.WebsiteChannelID, t.websiteChannelID)
}
