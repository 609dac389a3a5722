package im

import (
	"context"
	"time"
)

// Rights are what somebody may do in a chat now.
type Rights struct {
	Post   bool // write messages
	Manage bool // pin messages
	Erase  bool // remove the messages of others
	Add    bool // add members
	Remove bool // remove members
	Dress  bool // change title, description, colour and picture
	Own    bool // say who may do what
	Locked bool // people cannot write, as a bot asked
}

// Rights tells what a user may do in a chat, for pages that offer nothing in vain; each deed asks again. admin says that they are an
// administrator, to whom the general chat belongs. It returns ErrNoChat.
func (s *Service) Rights(ctx context.Context, userID, chatID int64, admin bool) (Rights, error) {
	st, err := s.state(ctx, chatID)
	if err != nil {
		return Rights{}, err
	}
	c := st.chat
	r := Rights{
		Post: st.mayPost(userID), Manage: st.allows(userID, c.CanManage), Locked: !c.TextField,
		Erase: c.Type != Private && st.allows(userID, RightManager),
	}
	if c.Type == Private {
		return r, nil
	}
	if c.General() {
		r.Dress, r.Own = admin, admin
		return r, nil
	}
	r.Add, r.Remove = st.allows(userID, c.CanAdd), st.allows(userID, c.CanRemove)
	r.Dress, r.Own = st.allows(userID, c.CanDress), st.allows(userID, RightOwner)
	return r, nil
}

// EditTime returns how long a message may be changed by who sent it; 0 is for ever.
func (s *Service) EditTime(ctx context.Context) (time.Duration, error) {
	r, err := s.currentRules(ctx)
	return time.Duration(r.EditMinutes) * time.Minute, err
}
