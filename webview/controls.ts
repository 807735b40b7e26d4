import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';

/** Registers the controls of VS Code's look. The only module that knows the toolkit, so that it can be replaced in one place. */
export function registerControls(): void {
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeCheckbox(), vsCodeTextField());
}

/** Whether keys that are typed on this element are text. */
export function isTextField(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches('input, textarea, vscode-text-field');
}

/** Text of a control after an input event. */
export function valueOf(event: Event): string {
  const { target } = event;
  return target instanceof HTMLElement && 'value' in target && typeof target.value === 'string'
    ? target.value
    : '';
}

/** Whether a checkbox is ticked after a change event. */
export function isChecked({ target }: Event): boolean {
  return target instanceof HTMLElement && 'checked' in target && target.checked === true;
}
