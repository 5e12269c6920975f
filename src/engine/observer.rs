//! Who only looks: sees each message at each wall and changes nothing.

use model::{Body, Insight, Message};

/// Looks on at an inline run. Every method does nothing unless it is given a body.
pub trait Observer {
    /// A message that entered at the door, before the book takes it.
    fn event(&mut self, _message: Message<'_>) {}

    /// A message that the book sent.
    fn market(&mut self, _message: Message<'_>) {}

    /// An insight that analytics sent, with its body lines if its kind has any.
    fn insight(&mut self, _insight: &Insight, _body: Body<'_>) {}

    /// A decision that strategy made; it begins as an insight does.
    fn decision(&mut self, _decision: &Insight, _body: Body<'_>) {}
}

/// Looks at nothing.
impl Observer for () {}

/// One looks first, then the other.
impl<A: Observer, B: Observer> Observer for (A, B) {
    fn event(&mut self, message: Message<'_>) {
        self.0.event(message);
        self.1.event(message);
    }

    fn market(&mut self, message: Message<'_>) {
        self.0.market(message);
        self.1.market(message);
    }

    fn insight(&mut self, insight: &Insight, body: Body<'_>) {
        self.0.insight(insight, body);
        self.1.insight(insight, body);
    }

    fn decision(&mut self, decision: &Insight, body: Body<'_>) {
        self.0.decision(decision, body);
        self.1.decision(decision, body);
    }
}
