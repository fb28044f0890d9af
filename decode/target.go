package decode

import "github.com/restail/restail/decode/record"

// readTarget reads what a connection leads to. Each platform has its own few of
// these keys: Twitch and DLive have an owner; YouTube an event and an owner;
// Facebook a liveVideo and a user or a page; Discord a channel and a server, and
// maybe the server's owner; LinkedIn a post and an organization or a user. What
// Trovo, X, Kick and Rumble have is documented nowhere.
func (w *wire) readTarget() {
	w.begin(keyTarget)
	for name, ok := w.Object(); ok; name, ok = w.Member() {
		switch string(name) {
		case "channel":
			w.readAccount(keyChannel)
		case "page":
			w.readAccount(keyPage)
		case "organization":
			w.readAccount(keyOrganization)
		case "user":
			w.readAccount(keyUser)
		case "owner":
			w.readAccount(keyOwner)
		case "event":
			w.readBroadcast(keyLiveEvent)
		case "liveVideo":
			w.readBroadcast(keyLiveVideo)
		case "post":
			w.readBroadcast(keyPost)
		case "server":
			w.members(keyServer, "id", "name")
		case "websiteChannelId":
			w.note(keyWebsiteChannelID)
		default:
			w.Skip()
		}
	}
}

// readAccount reads somebody's or something's page on a platform.
func (w *wire) readAccount(account key) {
	w.members(account, "displayName", "name", "username", "id", "url")
}

// readBroadcast reads one stream on a platform.
func (w *wire) readBroadcast(broadcast key) {
	w.members(broadcast, "id", "title", "url")
}

// accounts are where a connection can lead to, the one whose channel it is
// before others; one set of rules serves them all. Of broadcasts there is at
// most one.
var (
	accounts   = [...]key{keyChannel, keyPage, keyOrganization, keyUser, keyOwner}
	broadcasts = [...]key{keyLiveEvent, keyLiveVideo, keyPost}
)

// putTarget writes the first account and the first broadcast that are there.
func (r *row) putTarget() {
	for _, a := range accounts {
		if r.isAccount(a) {
			r.putAccount(a)
			break
		}
	}
	for _, b := range broadcasts {
		if r.isBroadcast(b) {
			r.put(record.BroadcastID, b+ofBroadcastID)
			r.put(record.BroadcastTitle, b+ofBroadcastTitle)
			r.put(record.BroadcastURL, b+ofBroadcastURL)
			break
		}
	}
	r.put(record.Server, keyServerName)
	r.put(record.ServerID, keyServerID)
	r.put(record.WebsiteChannelID, keyWebsiteChannelID)
}

func (r *row) putAccount(a key) {
	r.putFirst(record.Channel, a+ofAccountDisplayName, a+ofAccountName)
	r.put(record.ChannelID, a+ofAccountID)
	r.put(record.ChannelURL, a+ofAccountURL)
	if says(r.value(a+ofAccountDisplayName), record.String) {
		r.putFirst(record.ChannelName, a+ofAccountName, a+ofAccountUsername)
	} else {
		r.put(record.ChannelName, a+ofAccountUsername)
	}
}

// isAccount tells whether the account says who it is or where.
func (f *frame) isAccount(a key) bool {
	return says(f.value(a+ofAccountDisplayName), record.String) || says(f.value(a+ofAccountName), record.String) ||
		says(f.value(a+ofAccountUsername), record.String) ||
		says(f.value(a+ofAccountID), record.ID) || says(f.value(a+ofAccountURL), record.String)
}

func (f *frame) isBroadcast(b key) bool {
	return says(f.value(b+ofBroadcastID), record.ID) || says(f.value(b+ofBroadcastTitle), record.String) ||
		says(f.value(b+ofBroadcastURL), record.String)
}
