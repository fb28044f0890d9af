package decode

import (
	"bytes"

	"github.com/restail/restail/decode/record"
)

// dlive reads a message or an emoji of DLive's chat.
func dlive(r *row, e *eventPayload) {
	a := &e.author
	r.person(a)
	r.message(e)
	r.put(record.AuthorName, a.username)
	r.list(record.Badges, a.badges, inArray)
	r.dliveRoles(a)
}

func (r *row) dliveRoles(a *author) {
	r.put(record.Role, a.role)
	r.put(record.RoomRole, a.roomRole)
	r.put(record.PartnerStatus, a.partnerStatus)
	r.put(record.IsSubscriber, a.subscribing)
	if says(a.roomRole, record.String) {
		r.SetBool(record.IsOwner, bytes.EqualFold(a.roomRole.Bytes, []byte("owner")))
		r.SetBool(record.IsModerator, bytes.EqualFold(a.roomRole.Bytes, []byte("moderator")))
	}
}
