/** Which handler does which command; forgetting one does not compile. */
import type { Command } from '../command.ts';
import { specOf } from '../grammar/table.ts';
import type { Reply } from '../message.ts';
import { actOnMonitors } from './actions.ts';
import { accept } from './accept.ts';
import { add } from './add.ts';
import type { CommandContext } from './context.ts';
import { digest } from './digest.ts';
import { listFilters, removeFilter, saveFilter, showFilter } from './filters.ts';
import { mapGroup, unmapGroup } from './group-mapping.ts';
import { listGroups, showGroup } from './group-report.ts';
import { addGroup, editGroup, removeGroup, testGroup } from './groups.ts';
import { edit } from './edit.ts';
import { help } from './help.ts';
import { history } from './history.ts';
import { act, incidents } from './incidents.ts';
import { list } from './list.ts';
import { changeChannel, changeRetention, changeRole, changeTimeZone, showSettings } from './settings.ts';
import { link } from './link.ts';
import { show } from './monitors.ts';
import { report } from './report.ts';
import { changeTags, listTags } from './tags.ts';
import { addNewProfile, editOneProfile, listProfiles, removeOneProfile, showProfile } from './profiles.ts';

export function changesNothing(command: Command): boolean {
  return specOf(command.type).onlyReads;
}

export function run(context: CommandContext, command: Command): Promise<Reply> {
  switch (command.type) {
    case 'add':
      return add(context, command);
    case 'list':
      return list(context, command);
    case 'report':
      return report(context, command);
    case 'show':
      return show(context, command);
    case 'check':
    case 'remove':
    case 'pause':
    case 'resume':
      return actOnMonitors(context, command);
    case 'history':
      return history(context, command);
    case 'incidents':
      return incidents(context, command);
    case 'accept':
      return accept(context, command);
    case 'ack':
    case 'unack':
    case 'snooze':
    case 'unsnooze':
      return act(context, command);
    case 'tag list':
      return listTags(context, command);
    case 'tag add':
    case 'tag remove':
      return changeTags(context, command);
    case 'filter list':
      return listFilters(context, command);
    case 'filter show':
      return showFilter(context, command);
    case 'filter save':
      return saveFilter(context, command);
    case 'filter remove':
      return removeFilter(context, command);
    case 'edit':
      return edit(context, command);
    case 'profile list':
      return listProfiles(context, command);
    case 'profile show':
      return showProfile(context, command);
    case 'profile add':
      return addNewProfile(context, command);
    case 'profile edit':
      return editOneProfile(context, command);
    case 'profile remove':
      return removeOneProfile(context, command);
    case 'group add':
      return addGroup(context, command);
    case 'group edit':
      return editGroup(context, command);
    case 'group remove':
      return removeGroup(context, command);
    case 'group test':
      return testGroup(context, command);
    case 'group show':
      return showGroup(context, command);
    case 'group map':
      return mapGroup(context, command);
    case 'group unmap':
      return unmapGroup(context, command);
    case 'group list':
      return listGroups(context, command);
    case 'digest':
      return digest(context, command);
    case 'settings':
      return showSettings(context, command);
    case 'settings timezone':
      return changeTimeZone(context, command);
    case 'settings fallback':
    case 'settings admins':
      return changeChannel(context, command);
    case 'settings retention':
      return changeRetention(context, command);
    case 'settings role':
      return changeRole(context, command);
    case 'settings link':
      return link(context, command);
    case 'help':
      return help(context, command);
  }
}
