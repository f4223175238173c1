// The mails of the thread that lies open, also those of long ago, which are asked for. Not here: what is said in one, and who reads it.

import type { Mail, MailId } from '../bindings';
import { threadOf } from '../state/commands';
import type { Shop } from './office.svelte';

/** What is not at hand of the thread that is open; made while a component is set up. */
export class Older {
  mails = $state.raw<Mail[]>([]);

  constructor(shop: Shop, thread: () => MailId | null) {
    $effect(() => {
      const id = thread();
      this.mails = [];
      if (id === null) return;
      let late = false;
      threadOf(shop.host, id).then((found) => !late && (this.mails = found), () => undefined);
      return () => void (late = true);
    });
  }
}
