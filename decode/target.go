package decode

import "github.com/restail/restail/decode/record"

// readTarget reads the target of a connection. Twitch and DLive have an owner;
// YouTube an event and an owner; Facebook a liveVideo and a user or a page;
// Discord a channel, a server and sometimes its owner; LinkedIn a post and an
// organization or a user. Those of Trovo, X, Kick and Rumble are not documented.
func (p *Parser) readTarget() {
	p.a.begin(keyTarget)
	for name, ok := p.s.Object(); ok; name, ok = p.s.Member() {
		switch string(name) {
		case "channel":
			p.readAccount(keyChannel)
		case "page":
			p.readAccount(keyPage)
		case "organization":
			p.readAccount(keyOrganization)
		case "user":
			p.readAccount(keyUser)
		case "owner":
			p.readAccount(keyOwner)
		case "event":
			p.readBroadcast(keyLiveEvent)
		case "liveVideo":
			p.readBroadcast(keyLiveVideo)
		case "post":
			p.readBroadcast(keyPost)
		case "server":
			p.members(keyServer, "id", "name")
		case "websiteChannelId":
			p.note(keyWebsiteChannelID)
		default:
			p.s.Skip()
		}
	}
}

// readAccount reads an account on a platform: a person, a page, a channel.
func (p *Parser) readAccount(account key) {
	p.members(account, "displayName", "name", "username", "id", "url")
}

// readBroadcast reads a broadcast on a platform.
func (p *Parser) readBroadcast(broadcast key) {
	p.members(broadcast, "id", "title", "url")
}

// accounts are the keys of the accounts of a target, in the order of preference;
// broadcasts are those of the broadcasts, of which a target has one at most.
var (
	accounts   = [...]key{keyChannel, keyPage, keyOrganization, keyUser, keyOwner}
	broadcasts = [...]key{keyLiveEvent, keyLiveVideo, keyPost}
)

// putTarget writes the first account and the first broadcast that have a usable value.
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
	if r.isUsable(a+ofAccountDisplayName, record.String) {
		r.putFirst(record.ChannelName, a+ofAccountName, a+ofAccountUsername)
	} else {
		r.put(record.ChannelName, a+ofAccountUsername)
	}
}

// isAccount reports whether the account has a name, an id or a URL.
func (r *row) isAccount(a key) bool {
	return r.isUsable(a+ofAccountDisplayName, record.String) || r.isUsable(a+ofAccountName, record.String) ||
		r.isUsable(a+ofAccountUsername, record.String) ||
		r.isUsable(a+ofAccountID, record.ID) || r.isUsable(a+ofAccountURL, record.String)
}

// isBroadcast reports whether the broadcast has an id, a title or a URL.
func (r *row) isBroadcast(b key) bool {
	return r.isUsable(b+ofBroadcastID, record.ID) || r.isUsable(b+ofBroadcastTitle, record.String) ||
		r.isUsable(b+ofBroadcastURL, record.String)
}
